'use client'

import { useEffect, useState } from 'react'
import { Button } from './button'
import { useHydrated } from './clock'

const SAID_MS = 2_000

/** Copies a text. Browsers allow it on https and localhost only; elsewhere there is no button, and the text is selected by hand. */
export function CopyButton({ text, what }: { text: string; what: string }) {
  const [copied, setCopied] = useState(false)
  const possible = useHydrated() && window.isSecureContext
  useEffect(() => {
    if (!copied) return
    const timer = setTimeout(() => setCopied(false), SAID_MS)
    return () => clearTimeout(timer)
  }, [copied])
  if (!possible) return null
  return (
    <Button
      size="small"
      look="quiet"
      aria-label={`Copy ${what}`}
      className="-my-1.5"
      onClick={() => void navigator.clipboard.writeText(text).then(() => setCopied(true))}
    >
      <span role="status">{copied ? 'Copied' : 'Copy'}</span>
    </Button>
  )
}
