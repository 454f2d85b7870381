import { sql } from 'kysely'
import { expect, test } from 'vitest'
import type { Db } from '../../db/client'
import { testDb } from '../../db/testing/database'
import { deriveKeys } from '../access/keys'
import { claimAttempt } from '../attempts/claim-attempt'
import { finishAttempt } from '../attempts/finish-attempt'
import { recordExit } from '../attempts/record-exit'
import { returnJob } from '../attempts/return-job'
import { aBox, aJob, anOrg, aPass, IDENTITY, KEYS } from '../testing/fixtures'
import { cancelJob } from './cancel-job'
import { giveUpOverdue } from './sweep-jobs'

const secrets = { PIN: 'hunter2!' }
const kept = async (db: Db) => (await db.selectFrom('jobSecrets').select('jobId').execute()).length

test('secrets are told to the claim, and to its repetition, and are forgotten when the attempt closes', async () => {
  await using t = await testDb()
  const ctx = await anOrg(t.db)
  await aBox(ctx)
  const { id: jobId } = await aJob(ctx, { state: 'dispatching', secrets })
  const ref = { jobId, attempt: 1 }
  for (const _ of ['asked', 'asked again']) {
    expect((await claimAttempt(t.db, KEYS, ref, 'nonce', IDENTITY)).secrets).toEqual(secrets)
  }
  await cancelJob(ctx, jobId, 'enough') // over, but the box still drains
  expect(await kept(t.db)).toBe(1)
  await recordExit(t.db, ref, { exitCode: null, signal: 'SIGTERM', endedBy: 'cancel', durationMs: 1 })
  await finishAttempt(t.db, ref, 0, [])
  expect(await kept(t.db)).toBe(0)
})

test('a job that a box gave back keeps its secrets for the next box; cancelled while it waits it forgets them', async () => {
  await using t = await testDb()
  const ctx = await anOrg(t.db)
  await aBox(ctx)
  const { id: jobId } = await aJob(ctx, { state: 'dispatching', secrets })
  const why = { kind: 'unreachable', detail: 'no answer' } as const
  await t.db.transaction().execute((tx) => returnJob(tx, { jobId, attempt: 1 }, why))
  expect(await kept(t.db)).toBe(1)
  await aBox(ctx)
  await aPass(ctx)
  expect((await claimAttempt(t.db, KEYS, { jobId, attempt: 2 }, 'nonce', IDENTITY)).secrets).toEqual(secrets)
  const waiting = await aJob(ctx, { secrets })
  await cancelJob(ctx, waiting.id, '')
  expect(await t.db.selectFrom('jobSecrets').select('jobId').execute()).toEqual([{ jobId }])
})

test('a job that no box took forgets its secrets: given up in the queue, or failed after silent tries', async () => {
  await using t = await testDb()
  const ctx = await anOrg(t.db)
  await aJob(ctx, { secrets, requires: ['dut=none'] })
  await sql`update jobs set queue_deadline_at = now()`.execute(t.db)
  await giveUpOverdue(t.db)
  expect(await kept(t.db)).toBe(0)
  await aBox(ctx)
  const { id: jobId } = await aJob(ctx, { state: 'dispatching', secrets })
  const rest = { firstSeconds: 5, maxSeconds: 60, silentTries: 1 }
  const why = { kind: 'silent', detail: 'nothing' } as const
  await t.db.transaction().execute((tx) => returnJob(tx, { jobId, attempt: 1 }, why, rest))
  expect(await kept(t.db)).toBe(0)
})

const UNREADABLE: [string, (db: Db, keys: typeof KEYS) => Promise<typeof KEYS>][] = [
  ['STOUT_SECRET was changed', async () => deriveKeys('another secret that is long enough, too')],
  [
    'they are those of another job',
    async (db, keys) => {
      const [a, b] = await db.selectFrom('jobSecrets').select(['jobId', 'sealed']).execute()
      for (const [to, from] of [
        [a, b],
        [b, a],
      ] as const) {
        if (to && from)
          await db.updateTable('jobSecrets').set({ sealed: from.sealed }).where('jobId', '=', to.jobId).execute()
      }
      return keys
    },
  ],
  [
    'they were removed',
    async (db, keys) => {
      await db.deleteFrom('jobSecrets').execute()
      return keys
    },
  ],
]

test.each(UNREADABLE)(
  'a job whose secrets cannot be read fails, and says so, before anything starts: %s',
  async (_, spoil) => {
    await using t = await testDb()
    const ctx = await anOrg(t.db)
    await aBox(ctx)
    const { id: jobId } = await aJob(ctx, { state: 'dispatching', secrets })
    await aJob(ctx, { secrets: { PIN: 'another job' } })
    const keys = await spoil(t.db, KEYS)
    const claim = claimAttempt(t.db, keys, { jobId, attempt: 1 }, 'nonce', IDENTITY)
    await expect(claim).rejects.toMatchObject({ status: 410 })
    const job = await t.db.selectFrom('jobs').selectAll().where('id', '=', jobId).executeTakeFirstOrThrow()
    expect(job).toMatchObject({
      ...{ state: 'failed', failureClass: 'internal', startedAt: null },
      error: expect.stringContaining('secrets of the job cannot be read'),
    })
    expect(await t.db.selectFrom('leases').selectAll().execute()).toEqual([])
    expect(await t.db.selectFrom('attempts').select(['phase', 'nonce']).execute()).toEqual([
      { phase: 'closed', nonce: null },
    ])
  },
)

test('what is kept of secrets is told apart by nothing: the same values are never sealed alike', async () => {
  await using t = await testDb()
  const ctx = await anOrg(t.db)
  for (const _ of ['one', 'two']) await aJob(ctx, { secrets })
  const sealed = await t.db.selectFrom('jobSecrets').select('sealed').execute()
  expect(new Set(sealed.map((row) => row.sealed)).size).toBe(2)
  expect(sealed.every((row) => row.sealed.startsWith(`${KEYS.id}.`) && !row.sealed.includes('hunter2'))).toBe(true)
})
