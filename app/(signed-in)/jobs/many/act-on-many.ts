import type { JobView } from '../../../../core/jobs/job-view'

/** What became of one job of many: not tried yet, done (with the job that it led to), or refused. */
export type Outcome =
  | { state: 'waiting' | 'busy' }
  | { state: 'done'; jobId?: string }
  | { state: 'refused'; why: string }
export type Doomed = Pick<JobView, 'id' | 'name'>

const AT_ONCE = 4

/**
 * Does something to each of the jobs, a few at a time, whatever becomes of the others.
 * @param act does it to one; what it throws is why that one was refused
 * @param tell told the outcome of each job as it changes, by its place
 */
export async function actOnMany(
  jobs: readonly Doomed[],
  act: (job: Doomed) => Promise<{ jobId?: string }>,
  tell: (index: number, outcome: Outcome) => void,
): Promise<void> {
  const left = jobs.entries()
  const work = async () => {
    for (const [index, job] of left) {
      tell(index, { state: 'busy' })
      const outcome = await act(job).then(
        (done): Outcome => ({ state: 'done', ...done }),
        (error: unknown): Outcome => ({
          state: 'refused',
          why: error instanceof Error ? error.message : String(error),
        }),
      )
      tell(index, outcome)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
}

/** How it went, in one line: `3 done, 1 refused, 2 to go`. */
export function outcomesText(outcomes: readonly Outcome[]): string {
  const count = (...states: Outcome['state'][]) => outcomes.filter(({ state }) => states.includes(state)).length
  const parts: [number, string][] = [
    [count('done'), 'done'],
    [count('refused'), 'refused'],
    [count('waiting', 'busy'), 'to go'],
  ]
  return parts.flatMap(([n, word]) => (n > 0 ? `${n} ${word}` : [])).join(', ')
}
