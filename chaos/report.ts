import type { JobState } from '../core/jobs/state'
import type { Audit } from './audit'
import { DISPATCH_LIMIT_MS } from './faults/fault'
import { LIVE_STATES } from './progress'
import type { Struck } from './storm'

const SHORT: Partial<Record<JobState, string>> = {
  waiting_for_box: 'waiting',
  uploading_artifacts: 'uploading',
}

/** Promises of time that were not kept. */
export function lateProgress(struck: readonly Struck[]): string[] {
  return struck.flatMap(({ fault, moved }) => {
    const late = moved.filter(
      ({ state, afterMs, limitMs }) =>
        afterMs > (state === 'dispatching' ? Math.max(limitMs, DISPATCH_LIMIT_MS) : limitMs),
    )
    return [...Map.groupBy(late, ({ state }) => state)].map(
      ([state, all]) =>
        `after "${fault}" something that was ${state} did not move for ${seconds(worst(all.map(({ afterMs }) => afterMs)))}`,
    )
  })
}

/**
 * A table of faults by the states of the jobs that they met: how many, and the worst delay among them; and what the attempts that
 * a fault met lost, kept twice, or have as counted gaps (by whatever fault: an attempt may meet several).
 */
export function reportOf(struck: readonly Struck[], audit: Audit, problems: readonly string[]): string {
  const head = [
    'fault',
    'times',
    ...LIVE_STATES.map((state) => SHORT[state] ?? state),
    'lost',
    'repeats',
    'gaps',
    'worst delay',
  ]
  const rows = [...Map.groupBy(struck, ({ fault }) => fault)].sort(([a], [b]) => a.localeCompare(b))
  const { jobs, starts, lines, artifacts, logs, byEnd } = audit
  const ends = Object.entries(byEnd).map(([end, count]) => `${count} ${end}`)
  const total = totalsOf([...logs.keys()], audit)
  return [
    ...table([head, ...rows.map(([fault, all]) => rowOf(fault, all, audit))]),
    '',
    `${struck.length} faults; ${jobs} jobs: ${ends.join(', ')}`,
    `${starts} starts, ${lines} lines, ${total.lost} lost by attempts that were hit or ended, ${total.repeats} repeats, ` +
      `${total.gaps} counted gaps, ${artifacts} artifacts; ${problems.length} promises not kept`,
    ...problems.map((problem) => `  ${problem}`),
  ].join('\n')
}

function rowOf(fault: string, all: readonly Struck[], audit: Audit): string[] {
  const moved = all.flatMap((one) => one.moved)
  const cells = LIVE_STATES.map((state) => {
    const met = all.reduce((sum, one) => sum + one.met.filter((job) => job.state === state).length, 0)
    const delays = moved.filter((job) => job.state === state).map(({ afterMs }) => afterMs)
    return met === 0 ? '0' : `${met} (${seconds(worst(delays))})`
  })
  const active = all.flatMap(({ met }) => met.filter(({ state }) => state !== 'queued' && state !== 'waiting_for_box'))
  const names = new Set(active.map(({ jobId, attempt }) => `${jobId}-${attempt}`))
  const { lost, repeats, gaps } = totalsOf([...names], audit)
  const delay = worst(moved.map(({ afterMs }) => afterMs))
  return [fault, String(all.length), ...cells, String(lost), String(repeats), String(gaps), seconds(delay)]
}

function totalsOf(names: readonly string[], { logs }: Audit) {
  const total = { lost: 0, repeats: 0, gaps: 0 }
  for (const name of names) {
    const { lost, repeats, gaps } = logs.get(name) ?? total0
    total.lost += lost
    total.repeats += repeats
    total.gaps += gaps
  }
  return total
}

const total0 = { lost: 0, repeats: 0, gaps: 0 }
const worst = (list: readonly number[]) => Math.max(0, ...list)
const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`

/** A Markdown table whose columns are as wide as they need. */
function table(rows: readonly string[][]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`
  const [head = [], ...rest] = rows
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rest.map(line)]
}
