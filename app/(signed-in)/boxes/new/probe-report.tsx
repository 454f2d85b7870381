import type { Check } from '../../../../core/boxes/judge-findings'
import type { ProbeReport } from '../../../../core/boxes/probe-box'
import { classes } from '../../../ui/classes'

const LOOKS: Record<Check['level'], { sign: string; name: string; tone: string }> = {
  ok: { sign: '✓', name: 'Good', tone: 'text-good' },
  notice: { sign: '!', name: 'Notice', tone: 'text-warn' },
  problem: { sign: '✕', name: 'Problem', tone: 'text-bad' },
}

/** What a probe found, line by line. */
export function ProbeLines({ report }: { report: ProbeReport }) {
  return (
    <ul aria-label="What the probe found" className="flex flex-col gap-1.5">
      {report.checks.map(({ code, level, text }) => (
        <li key={`${code} ${text}`} className="flex gap-2">
          <span aria-hidden="true" className={classes('w-4 shrink-0 text-center font-bold', LOOKS[level].tone)}>
            {LOOKS[level].sign}
          </span>
          <span className="min-w-0 wrap-anywhere">
            <span className="sr-only">{LOOKS[level].name}: </span>
            {text}
          </span>
        </li>
      ))}
    </ul>
  )
}
