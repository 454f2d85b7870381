import type { Audit } from './audit'
import type { Struck } from './storm'

const STATES = ['queued', 'waiting_for_box', 'dispatching', 'running', 'uploading_artifacts'] as const
const SHORT = {
  queued: 'queued',
  waiting_for_box: 'waiting',
  dispatching: 'dispatch',
  running: 'running',
  uploading_artifacts: 'upload',
}

/** A table of faults by the states of the jobs that they met, and what the comparison found. */
export function reportOf(struck: readonly Struck[], audit: Audit): string {
  const names = [...new Set(struck.map(({ fault }) => fault))].sort()
  const head = ['fault'.padEnd(34), 'times', ...STATES.map((state) => SHORT[state]), 'worst delay'].map((text) =>
    text.padStart(9),
  )
  const rows = names.map((name) => {
    const all = struck.filter(({ fault }) => fault === name)
    const met = STATES.map((state) => all.reduce((sum, one) => sum + (one.met[state] ?? 0), 0))
    const worst = Math.max(...all.map(({ delayMs }) => delayMs ?? 0))
    return [name.padEnd(34), all.length, ...met, `${(worst / 1_000).toFixed(1)} s`]
      .map((cell) => String(cell).padStart(9))
      .join(' ')
  })
  const ends = Object.entries(audit.byEnd)
    .map(([end, jobs]) => `${jobs} ${end}`)
    .join(', ')
  const { jobs, starts, lines, gaps, artifacts, problems } = audit
  return [
    head.join(' '),
    ...rows,
    `${jobs} jobs: ${ends}`,
    `${starts} starts, ${lines} lines, ${gaps} counted gaps, ${artifacts} artifacts; ${problems.length} promises not kept`,
    ...problems.map((problem) => `  ${problem}`),
  ].join('\n')
}
