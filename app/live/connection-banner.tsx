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
    <div role="status" aria-label="Connection">
      {shown && (
        <p className="border-t border-warn/40 bg-warn-tint px-4 py-1.5 text-center">
          <strong className="font-semibold">No connection to Stout.</strong> What you see may be out of date; trying
          again.
        </p>
      )}
    </div>
  )
}
