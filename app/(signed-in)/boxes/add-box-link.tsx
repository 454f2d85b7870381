'use client'

import Link from 'next/link'
import { buttonClasses } from '../../ui/button'
import { useMayManage } from './managers-only'

/** The way to a new box, for those who may add one. */
export function AddBoxLink() {
  if (!useMayManage()) return null
  return (
    <Link href="/boxes/new" prefetch={false} className={buttonClasses('primary')}>
      Add box
    </Link>
  )
}
