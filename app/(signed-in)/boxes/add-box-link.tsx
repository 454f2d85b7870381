'use client'

import { buttonClasses } from '../../ui/button'
import { Link } from '../../ui/link'
import { useMayManage } from './managers-only'

/** The way to a new box, for those who may add one. */
export function AddBoxLink() {
  if (!useMayManage()) return null
  return (
    <Link href="/boxes/new" className={buttonClasses('primary')}>
      Add box
    </Link>
  )
}
