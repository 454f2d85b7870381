import { sql } from 'kysely'
import { expect, test } from 'vitest'
import type { Db } from '../../db/client'
import { testDb } from '../../db/testing/database'
import { expireOverdue, failLost } from '../jobs/sweep-jobs'
import { aBox, aJob, anOrg } from '../testing/fixtures'
import { closeAttempt } from './close-attempt'
import { getAttempt } from './control'
import { findSilent } from './find-silent'
import { beat } from './presence'

/** Minutes since each instant; a claimed attempt has a deadline one hour after its claim. */
type Ages = { heard: number; claimed: number; listening: number; beat: number }

async function setAges(db: Db, { heard, claimed, listening, beat: beatAge }: Ages): Promise<void> {
  const ago = (minutes: number) => sql`now() - ${minutes} * interval '1 minute'`
  await sql`update log_heads set last_heard_at = ${ago(heard)}`.execute(db)
  await sql`update attempts set claimed_at = ${ago(claimed)}, deadline_at = ${ago(claimed - 60)}`.execute(db)
  await sql`update jobs set deadline_at = ${ago(claimed - 60)}`.execute(db)
  await sql`update box_api_presence set listening_since_at = ${ago(listening)}, last_beat_at = ${ago(beatAge)}`.execute(
    db,
  )
}

async function aRunningJob() {
  const t = await testDb()
  const ctx = await anOrg(t.db)
  const boxId = await aBox(ctx)
  const job = await aJob(ctx, { state: 'running', timeoutSeconds: 3600 })
  await beat(t.db)
  return { t, ctx, boxId, ref: { jobId: job.id, attempt: 1 } }
}

test.each([
  ['heard of a moment ago', { heard: 0.5, claimed: 10, listening: 20, beat: 0 }, undefined],
  ['not heard of for 5 minutes', { heard: 5, claimed: 10, listening: 20, beat: 0 }, 5],
  ['not heard of for an hour, of which we listened 2 minutes', { heard: 60, claimed: 70, listening: 2, beat: 0 }, 2],
  [
    'not heard of for an hour, and we have just begun to listen',
    { heard: 60, claimed: 70, listening: 0, beat: 0 },
    undefined,
  ],
  [
    'not heard of for an hour, in which nobody listened',
    { heard: 60, claimed: 70, listening: 90, beat: 60 },
    undefined,
  ],
  ['heard of in a future that was put back', { heard: -60, claimed: -50, listening: 3, beat: 0 }, 3],
])('silence: %s', async (_, ages, minutes) => {
  const { t } = await aRunningJob()
  await using _db = t
  await setAges(t.db, ages)
  const found = await findSilent(t.db, 60)
  expect(found.map(({ silentSeconds }) => Math.round(silentSeconds / 60))).toEqual(
    minutes === undefined ? [] : [minutes],
  )
})

test('a new stretch of listening begins after a pause, and after a clock that was put forward or back', async () => {
  const { t } = await aRunningJob()
  await using _db = t
  const listening = async () => {
    await beat(t.db)
    const { rows } = await sql<{ minutes: number }>`
      select round(extract(epoch from now() - listening_since_at) / 60)::int as minutes from box_api_presence`.execute(
      t.db,
    )
    return rows[0]?.minutes
  }
  await setAges(t.db, { heard: 1, claimed: 1, listening: 30, beat: 0.1 })
  expect(await listening()).toBe(30)
  await setAges(t.db, { heard: 1, claimed: 1, listening: 30, beat: 1 })
  expect(await listening()).toBe(0)
  await setAges(t.db, { heard: 1, claimed: 1, listening: -30, beat: -60 })
  expect(await listening()).toBe(0)
})

test.each([
  ['before its deadline', { heard: 0, claimed: 59, listening: 90, beat: 0 }, 'running'],
  ['past its deadline, in contact', { heard: 0, claimed: 61, listening: 90, beat: 0 }, 'timed_out'],
  ['half a second past its deadline', { heard: 0, claimed: 60 + 0.5 / 60, listening: 90, beat: 0 }, 'timed_out'],
  ['past its deadline, not in contact', { heard: 1, claimed: 61, listening: 90, beat: 0 }, 'running'],
  ['past its deadline, which passed while we were away', { heard: 0, claimed: 90, listening: 5, beat: 0 }, 'running'],
  ['an hour late, all of which we listened', { heard: 0, claimed: 130, listening: 61, beat: 0 }, 'timed_out'],
  ['past its deadline by a clock that has just jumped', { heard: 0, claimed: 61, listening: 120, beat: 60 }, 'running'],
])('the deadline of a job: %s', async (_, ages, state) => {
  const { t, ref } = await aRunningJob()
  await using _db = t
  await setAges(t.db, ages)
  await expireOverdue(t.db, 12)
  const job = await t.db.selectFrom('jobs').select('state').where('id', '=', ref.jobId).executeTakeFirstOrThrow()
  expect(job.state).toBe(state)
})

test('a lost job is told to end, should its supervisor come back; one that came back meanwhile is not lost', async () => {
  const { t, ref } = await aRunningJob()
  await using _db = t
  await setAges(t.db, { heard: 1, claimed: 10, listening: 20, beat: 0 })
  await failLost(t.db, ref, 'lost', 300) // it was silent for five minutes when we began to ask
  expect(await getAttempt(t.db, ref)).toMatchObject({ cancelReason: null })
  await failLost(t.db, ref, 'lost', 30)
  expect(await getAttempt(t.db, ref)).toMatchObject({ phase: 'claimed', cancelReason: 'lost', closedAt: null })
  const job = await t.db.selectFrom('jobs').selectAll().where('id', '=', ref.jobId).executeTakeFirstOrThrow()
  expect(job).toMatchObject({ state: 'failed', failureClass: 'box_lost', error: 'lost' })
})

test('an attempt whose hold of the box went to another is not alone there', async () => {
  const { t, ctx, ref } = await aRunningJob()
  await using _db = t
  const alone = async () => {
    await setAges(t.db, { heard: 5, claimed: 10, listening: 20, beat: 0 })
    return new Map((await findSilent(t.db, 60)).map((silent) => [silent.jobId, silent.alone]))
  }
  expect(await alone()).toEqual(new Map([[ref.jobId, true]]))
  await t.db.deleteFrom('leases').where('jobId', '=', ref.jobId).execute() // released by hand
  const next = await aJob(ctx, { state: 'running' })
  expect(await alone()).toEqual(
    new Map([
      [ref.jobId, false],
      [next.id, true],
    ]),
  )
  await t.db
    .transaction()
    .execute((tx) => closeAttempt(tx, { jobId: next.id, attempt: 1 }, { by: 'done', actor: 'test' }))
  expect((await alone()).get(ref.jobId)).toBe(true)
})
