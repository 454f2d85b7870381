import { isTerminal, JOB_STATES, type JobState } from '../core/jobs/state'
import type { Db } from '../db/client'

/** A live job as a fault meets it. */
export type Met = { jobId: string; attempt: number; state: JobState }
/** A job that moved again so long after a fault. */
export type Moved = Met & { afterMs: number }

export const LIVE_STATES = JOB_STATES.filter((state) => !isTerminal(state))
const POLL_MS = 50
/** No progress for so long is told as it is. */
const GIVE_UP_MS = 90_000
/** States in which a job moves on by itself; the others wait for their turn, and any movement is progress for all of them. */
const ACTIVE: JobState[] = ['dispatching', 'running', 'uploading_artifacts']

export async function liveJobs(db: Db): Promise<Met[]> {
  const rows = await db
    .selectFrom('jobs')
    .select(['id', 'attempt', 'state'])
    .where('state', 'in', LIVE_STATES)
    .execute()
  return rows.map(({ id, attempt, state }) => ({ jobId: id, attempt, state }))
}

/**
 * Waits until everything that a fault met has moved on: each job that is still active by an event or a line of its own, and those
 * that wait by anything at all.
 */
export async function untilAllMoved(db: Db, met: readonly Met[]): Promise<Moved[]> {
  const since = performance.now()
  const before = await marks(db)
  const all: Moved[] = []
  let still = [...met]
  while (still.length > 0) {
    const now = await marks(db)
    const passedMs = performance.now() - since
    const hasMoved = (jobId: string) => now.get(jobId)?.mark !== before.get(jobId)?.mark
    const anything = now.size === 0 || now.size !== before.size || [...now.keys()].some((jobId) => hasMoved(jobId))
    const moved = (one: Met) => (before.get(one.jobId)?.active ? hasMoved(one.jobId) : anything)
    const over = passedMs > GIVE_UP_MS ? still : still.filter(moved)
    all.push(...over.map((one) => ({ ...one, afterMs: passedMs })))
    still = still.filter((one) => !over.includes(one))
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
  return all
}

/** How far each live job has come: its last event, its attempt's last line. */
async function marks(db: Db): Promise<Map<string, { mark: string; active: boolean }>> {
  const rows = await db
    .selectFrom('jobs')
    .leftJoin('logHeads', (join) =>
      join.onRef('logHeads.jobId', '=', 'jobs.id').onRef('logHeads.attempt', '=', 'jobs.attempt'),
    )
    .select(['jobs.id', 'jobs.state', 'jobs.lastSeq', 'logHeads.lastN'])
    .where('jobs.state', 'in', LIVE_STATES)
    .execute()
  return new Map(
    rows.map(({ id, state, lastSeq, lastN }) => [
      id,
      { mark: `${lastSeq}/${lastN ?? 0}`, active: ACTIVE.includes(state) },
    ]),
  )
}
