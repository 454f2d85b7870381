'use client'

import { useHydrated, useNow } from './clock'
import { formatDuration, formatInstant, formatRelative, formatTicking } from './format'

/** An instant as people say it (`3 min ago`); the exact one in its title. */
export function RelativeTime({ at, className }: { at: string; className?: string }) {
  const now = useNow()
  return (
    <time dateTime={at} title={useInstant(at)} className={className}>
      {formatRelative(at, now)}
    </time>
  )
}

/** An instant in full, in the reader's time zone. */
export function AbsoluteTime({ at }: { at: string }) {
  return <time dateTime={at}>{useInstant(at)}</time>
}

/** How long something took from `from` to `to`; ticks while `to` is null. */
export function Duration({ from, to }: { from: string; to: string | null }) {
  return to === null ? <Ticking from={from} /> : formatDuration(Date.parse(to) - Date.parse(from))
}

function Ticking({ from }: { from: string }) {
  return formatTicking(useNow() - Date.parse(from))
}

function useInstant(at: string): string {
  return formatInstant(at, useHydrated() ? 'local' : 'UTC')
}
