import type { ReactNode } from 'react'
import { classes } from './classes'

const TONES = {
  info: 'border-line bg-sunken',
  warn: 'border-warn/40 bg-warn-tint',
  bad: 'border-bad/40 bg-bad-tint',
}

/** A message in the flow of a page. `bad` and `warn` are read out when they appear. */
export function Notice({
  tone = 'info',
  title,
  children,
  action,
}: {
  tone?: keyof typeof TONES
  title?: string
  children?: ReactNode
  action?: ReactNode
}) {
  return (
    <div
      {...(tone === 'info' ? {} : { role: 'alert' })}
      className={classes('flex flex-wrap items-center gap-x-4 gap-y-2 rounded-md border px-3 py-2', TONES[tone])}
    >
      <div className="min-w-0 flex-1 basis-60 wrap-anywhere">
        {title && <strong className="font-semibold">{title} </strong>}
        {children}
      </div>
      {action}
    </div>
  )
}
