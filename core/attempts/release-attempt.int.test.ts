import { sql } from 'kysely'
import { expect, test } from 'vitest'
import type { Db } from '../../db/client'
import { testDb } from '../../db/testing/database'
import { getBox } from '../boxes/get-box'
import type { Ctx } from '../context'
import { cancelJob } from '../jobs/cancel-job'
import { appendBatches } from '../logs/append-lines'
import { aBox, aJob, anOrg, aPass, someoneWaitsForALock } from '../testing/fixtures'
import { aJobWithFiles, wanted } from '../testing/uploads'
import { closeAttempt, lockAttempt } from './close-attempt'
import { beat } from './presence'
import { recordExit } from './record-exit'
import { releaseAttempt } from './release-attempt'

const REASON = { reason: 'the bench was unplugged' }

async function aHeldBox(more: { slots?: number } = {}) {
  const t = await testDb()
  const ctx = await anOrg(t.db)
  const boxId = await aBox(ctx, { name: 'bench-1', ...more })
  const job = await aJob(ctx, { state: 'running', name: 'burn-in', graceSeconds: 10 })
  await beat(t.db)
  return { t, ctx, boxId, job, ref: { jobId: job.id, attempt: 1 } }
}

/** Minutes since every supervisor was last heard of, and since when the box API has listened. */
async function setSilence(db: Db, heard: number, listening: number, beatAge = 0): Promise<void> {
  const ago = (minutes: number) => sql`now() - ${minutes} * interval '1 minute'`
  await sql`update log_heads set last_heard_at = ${ago(heard)}`.execute(db)
  await sql`update box_api_presence set listening_since_at = ${ago(listening)}, last_beat_at = ${ago(beatAge)}`.execute(
    db,
  )
}

const holdOf = async (ctx: Ctx, boxId: Parameters<typeof getBox>[1]) => {
  const [lease] = (await getBox(ctx, boxId)).leases
  return lease && [lease.hold, lease.releasable]
}

test('a hold is released once its job is over and its supervisor is out of contact; what it still says is gone', async () => {
  const { t, ctx, boxId, job, ref } = await aHeldBox()
  await using _db = t
  expect(await holdOf(ctx, boxId)).toEqual(['working', false])
  await expect(releaseAttempt(ctx, boxId, REASON)).rejects.toMatchObject({
    ...{ code: 'conflict', detail: { reason: 'working' }, message: expect.stringMatching(/Cancel it first/) },
  })
  await cancelJob(ctx, job.id, '')
  expect(await holdOf(ctx, boxId)).toEqual(['ending', false])
  await expect(releaseAttempt(ctx, boxId, REASON)).rejects.toMatchObject({ detail: { reason: 'ending' } })
  const next = await aJob(ctx)
  expect(await aPass(ctx)).toEqual([])

  await setSilence(t.db, 1, 5)
  expect(await holdOf(ctx, boxId)).toEqual(['out_of_contact', true])
  await releaseAttempt(ctx, boxId, REASON)
  expect((await getBox(ctx, boxId)).leases).toEqual([])
  expect(await aPass(ctx)).toMatchObject([{ jobId: next.id, boxId }])
  const attempt = await t.db.selectFrom('attempts').selectAll().where('jobId', '=', job.id).executeTakeFirstOrThrow()
  expect(attempt).toMatchObject({ phase: 'closed', closedBy: 'released' })
  const exit = { exitCode: 0, signal: null, endedBy: 'script', durationMs: 1 } as const
  await expect(recordExit(t.db, ref, exit)).rejects.toMatchObject({ code: 'gone' })
  const batch = { firstN: 1, count: 0, records: Buffer.alloc(0) }
  const [told] = await appendBatches(t.db, [{ ...ref, batch }], { maxBytes: 1_000, maxLines: 10 })
  expect(told).toMatchObject({ refused: { code: 'gone' } })
})

test('who released it and why stands in the history of job and box', async () => {
  const { t, ctx, boxId, job } = await aHeldBox()
  await using _db = t
  await setSilence(t.db, 1, 5)
  await releaseAttempt({ ...ctx, actor: 'user:grace' }, boxId, REASON)
  const events = await t.db
    .selectFrom('events')
    .select(['subject', 'type', 'actor', 'data'])
    .where('actor', '=', 'user:grace')
    .orderBy('type')
    .execute()
  expect(events).toMatchObject([
    { subject: job.id, type: 'attempt_closed', data: { by: 'released', ...REASON, requestId: ctx.requestId } },
    { subject: boxId, type: 'box_released', data: { jobId: job.id, attempt: 1, jobName: 'burn-in', ...REASON } },
    { subject: job.id, type: 'fail', data: { detail: expect.stringContaining(REASON.reason) } },
  ])
  const lost = await t.db.selectFrom('jobs').selectAll().where('id', '=', job.id).executeTakeFirstOrThrow()
  expect(lost).toMatchObject({
    state: 'failed',
    failureClass: 'box_lost',
    error: expect.stringContaining(REASON.reason),
  })
})

test.each([
  ['we have listened for a moment only', 60, 0.1, 0, ['working', false]],
  ['nobody listens', 60, 90, 60, ['working', false]],
  ['it was heard of in a future that was put back', -60, 5, 0, ['out_of_contact', true]],
  ['it was heard of a moment ago', 0.1, 90, 0, ['working', false]],
])('contact when %s', async (_, heard, listening, beatAge, hold) => {
  const { t, ctx, boxId } = await aHeldBox()
  await using _db = t
  await setSilence(t.db, heard, listening, beatAge)
  expect(await holdOf(ctx, boxId)).toEqual(hold)
})

test('a supervisor that is in contact and does not come to an end can be released, a minute after its grace', async () => {
  const { t, ctx, boxId, job } = await aHeldBox()
  await using _db = t
  await cancelJob(ctx, job.id, '')
  await sql`update jobs set finished_at = now() - interval '69 seconds'`.execute(t.db)
  expect(await holdOf(ctx, boxId)).toEqual(['ending', false])
  await sql`update jobs set finished_at = now() - interval '71 seconds'`.execute(t.db)
  expect(await holdOf(ctx, boxId)).toEqual(['ending', true])
  await releaseAttempt(ctx, boxId, REASON)
  expect((await getBox(ctx, boxId)).leases).toEqual([])
})

test('it is for managers, within their organisation, and says which of several holds is meant', async () => {
  const { t, ctx, boxId, job } = await aHeldBox({ slots: 2 })
  await using _db = t
  const second = await aJob(ctx, { state: 'running' })
  await setSilence(t.db, 1, 5)
  const release = (more: Partial<Ctx>, which = {}) =>
    releaseAttempt({ ...ctx, ...more }, boxId, { ...REASON, ...which })
  await expect(release({ role: 'member' })).rejects.toMatchObject({ code: 'forbidden' })
  await expect(release(await anOrg(t.db))).rejects.toMatchObject({ code: 'not_found' })
  await expect(release({})).rejects.toMatchObject({ detail: { reason: 'ambiguous' } })
  await release({ role: 'admin' }, { jobId: second.id })
  expect((await getBox(ctx, boxId)).leases).toMatchObject([{ jobId: job.id, slot: 0 }])
  await expect(release({}, { jobId: second.id })).rejects.toMatchObject({ detail: { reason: 'not_held' } })
  await release({})
  await expect(release({})).rejects.toMatchObject({ detail: { reason: 'not_held' } })
})

test('the supervisor says done while somebody releases: it was done', async () => {
  const { t, ctx, boxId, ref } = await aHeldBox()
  await using _db = t
  await setSilence(t.db, 1, 5)
  const done = await t.db.startTransaction().execute()
  await lockAttempt(done, ref)
  await closeAttempt(done, ref, { by: 'done', actor: `box:${boxId}` })
  const release = releaseAttempt(ctx, boxId, REASON)
  const outcome = expect(release).rejects.toMatchObject({ detail: { reason: 'not_held' } })
  await someoneWaitsForALock(t.db)
  await done.commit().execute()
  await outcome
})

test('files that were on their way have failed', async () => {
  await using j = await aJobWithFiles()
  await j.begin(wanted('a', 'x'))
  const { boxId } = await j.db.selectFrom('attempts').select('boxId').executeTakeFirstOrThrow()
  await cancelJob(j.ctx, j.ref.jobId, '')
  await beat(j.db)
  await setSilence(j.db, 1, 5)
  await releaseAttempt(j.ctx, boxId, REASON)
  expect(await j.states()).toEqual({ a: 'failed' })
  expect(await j.objects()).toMatchObject([{ state: 'deleting' }])
})
