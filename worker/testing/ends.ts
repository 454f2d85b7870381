import { expect } from 'vitest'
import type { JobId } from '../../core/ids'
import { type FailureClass, isTerminal, type JobState } from '../../core/jobs/state'
import type { ClosedBy, EndedBy } from '../../db/schema'
import { ask } from '../../server/testing/ask'
import { aMember, aServer } from '../../server/testing/fixtures'
import { eventually, type Lab, type LabBox } from './lab'
import { lockHolder } from './wired-lab'

/** One way in which a job can end. */
export type End = {
  state: JobState
  failureClass: FailureClass | null
  /** Type of the event that ended it, and who caused it. */
  event: string
  actor: RegExp
  /** What is said of it to people; null: nothing. */
  error: RegExp | null
  /** How its last attempt closed; null when it never had one. */
  closedBy: ClosedBy | null
  /** What ended the script, where that is known. */
  endedBy: EndedBy | null
  /** Artifacts that were kept. */
  kept: number
}

/** The REST API on the database of a lab, and somebody of its organisation who asks. */
export async function aDoorTo(lab: Lab, databaseUrl: string) {
  const stack = new AsyncDisposableStack()
  const server = stack.use(await aServer(databaseUrl))
  const { bearer } = await aMember(server.web, lab.ctx)
  const get = async (path: string) => (await ask(server.url, path, { bearer })).json
  return { get, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}
export type Door = Awaited<ReturnType<typeof aDoorTo>>

/**
 * Waits for the end of a job with a secret and asserts all that an end means: its state, its one terminal event, the answers of the
 * API, and that nothing is left open: attempts closed, lease free, log ended, the box's own lock released, artifacts final, secrets gone.
 */
export async function expectEnd(lab: Lab, door: Door, box: LabBox, id: JobId, end: End): Promise<void> {
  const { state, failureClass, closedBy, endedBy } = end
  const job = await lab.until(id)
  expect(job).toMatchObject({ state, failureClass, secretNames: ['PIN'] })
  await expectTold(door, id, end)
  const { db } = lab.ctx
  const attempts = await db.selectFrom('attempts').selectAll().where('jobId', '=', id).orderBy('attempt').execute()
  expect(attempts.map(({ phase }) => phase)).toEqual(attempts.map(() => 'closed'))
  expect(attempts.at(-1) ?? null).toEqual(closedBy && expect.objectContaining({ closedBy, endedBy }))
  expect(await db.selectFrom('leases').select('slot').where('jobId', '=', id).execute()).toEqual([])
  const heads = await db.selectFrom('logHeads').select('endedAt').where('jobId', '=', id).execute()
  expect(heads).toEqual(attempts.filter(({ nonce }) => nonce !== null).map(() => ({ endedAt: expect.any(Date) })))
  const files = await db.selectFrom('artifacts').select('state').where('jobId', '=', id).execute()
  expect(files.filter((file) => file.state === 'uploading')).toEqual([])
  expect(files.filter((file) => file.state === 'uploaded')).toHaveLength(end.kept)
  expect(await db.selectFrom('jobSecrets').select('jobId').where('jobId', '=', id).execute()).toEqual([])
  await eventually('the lock of the box is released', async () => (await lockHolder(box)) === null)
  if (closedBy !== null) {
    const last = { jobId: id, attempt: attempts.length }
    await eventually('the attempt knows that', async () => !(await lab.attempt(id, last.attempt)).boxLocked)
  }
}

/** What the API says: the job, its events, its log and its artifacts. */
async function expectTold(door: Door, id: JobId, { state, failureClass, event, actor, error, closedBy, kept }: End) {
  const job = await door.get(`/jobs/${id}`)
  const attemptPhase = closedBy === null ? null : 'closed'
  expect(job).toMatchObject({ state, failureClass, attemptPhase, artifactCounts: { uploading: 0, uploaded: kept } })
  expect(job.error).toEqual(error && expect.stringMatching(error))
  expect(Number.isNaN(Date.parse(job.finishedAt))).toBe(false)
  const { items: events } = await door.get(`/jobs/${id}/events`)
  type Told = { seq: number; type: string; state: JobState | null; actor: string }
  const ends = events.filter((one: Told) => one.state !== null && isTerminal(one.state))
  const data = expect.objectContaining(failureClass === null ? {} : { failureClass })
  expect(ends).toEqual([expect.objectContaining({ type: event, state, actor: expect.stringMatching(actor), data })])
  expect(events.map(({ seq }: Told) => seq)).toEqual(events.map((_: Told, index: number) => index + 1))
  if (closedBy !== null) expect(events.at(-1)).toMatchObject({ type: 'attempt_closed', data: { by: closedBy } })
  expect(await door.get(`/jobs/${id}/logs`)).toMatchObject({ closed: true })
}
