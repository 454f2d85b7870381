'use client'

import { useEffect, useState } from 'react'
import { useLiveStatus } from './provider'

/** A stream that is back within this was never missed. */
const PATIENCE_MS = 2_000

/** Says when what is shown may be out of date because the live stream is away. */
export function ConnectionBanner() {
  const lost = useLiveStatus() === 'lost'
  const [shown, setShown] = useState(false)
  useEffect(() => {
    if (!lost) return setShown(false)
    const timer = setTimeout(() => setShown(true), PATIENCE_MS)
    return () => clearTimeout(timer)
  }, [lost])
  return (
    <div role="status" aria-label="Connection" className="sticky top-12 z-20">
      {shown && (
        <p className="border-b border-warn/40 bg-[color-mix(in_srgb,var(--warn)_14%,var(--surface))] px-4 py-1.5 text-center">
          <strong className="font-semibold">No connection to Stout.</strong> What you see may be out of date; trying
          again.
        </p>
      )}
    </div>
  )
}
