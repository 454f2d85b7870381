'use client'

import { useEffect, useRef, useState } from 'react'
import { coalesce } from './coalesce'

/** The way to have `work` done soon, as it is by then: one run at a time, and none earlier than `gapMs` after the one before began. */
export function useCoalesced(work: () => Promise<unknown>, gapMs: number): () => void {
  const latest = useRef(work)
  useEffect(() => {
    latest.current = work
  })
  const [ask] = useState(() => coalesce(() => latest.current(), gapMs))
  return ask
}
