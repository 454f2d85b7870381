import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { testDb } from '../../db/testing/database'
import { claimAttempt } from '../attempts/claim-attempt'
import { getAttempt } from '../attempts/control'
import { finishAttempt } from '../attempts/finish-attempt'
import { recordExit } from '../attempts/record-exit'
import { appendBatches } from '../logs/append-lines'
import { readLines } from '../logs/read-lines'
import { aBatch } from '../testing/batches'
import { aBox, aJob, anOrg, aPass, IDENTITY, KEYS, someoneWaitsForALock } from '../testing/fixtures'
import { unpackedLogs } from '../testing/logs'
import { cancelJob } from './cancel-job'
import { JOB_STATES, TRANSITIONS } from './state'
import { giveUpOverdue, returnUnclaimed } from './sweep-jobs'
import { transition } from './transition'

const NO_LIMITS = { maxBytes: 1e9, maxLines: 1e9 }

test('a job walks from submission to completed, and its lease is free afterwards', async () => {
  await using t = await testDb()
  const ctx = await anOrg(t.db)
  await aBox(ctx)
  const job = await aJob(ctx, { state: 'completed' })
  expect(job).toMatchObject({ state: 'completed', attempt: 1, exitCode: 0 })
  expect(await t.db.selectFrom('leases').selectAll().execute()).toEqual([])
  const events = await t.db
    .selectFrom('events')
    .select(['seq', 'type'])
    .where('subject', '=', job.id)
    .orderBy('seq')
    .execute()
  expect(events.map((event) => event.type)).toEqual([
    'submitted',
    'place',
    'start',
    'exit',
    'complete',
    'attempt_closed',
  ])
  expect(events.map((event) => event.seq)).toEqual([1, 2, 3, 4, 5, 6])
})

test('the trigger allows exactly the steps of the table', async () => {
  await using t = await testDb()
  const ctx = await anOrg(t.db)
  const job = await aJob(ctx)
  const allowed = new Set(Object.values(TRANSITIONS).flatMap(({ from, to }) => from.map((state) => `${state}>${to}`)))
  for (const from of JOB_STATES) {
    for (const to of JOB_STATES.filter((state) => state !== from)) {
      const step = t.db.transaction().execute(async (tx) => {
        await sql`set local session_replication_role = replica`.execute(tx) // only to get to `from`
        await sql`update jobs set state = ${from} where id = ${job.id}`.execute(tx)
        await sql`set local session_replication_role = origin`.execute(tx)
        await sql`update jobs set state = ${to} where id = ${job.id}`.execute(tx)
        throw new Error('allowed')
      })
      await expect(step, `${from} > ${to}`).rejects.toThrow(allowed.has(`${from}>${to}`) ? 'allowed' : 'cannot go from')
    }
  }
})

test('the script ends while a cancel is committing: the job stays cancelled, the attempt keeps its exit code', async () => {
  await using t = await testDb()
  const ctx = await anOrg(t.db)
  await aBox(ctx)
  const { id: jobId } = await aJob(ctx, { state: 'running' })
  const cancel = await t.db.startTransaction().execute()
  await transition(cancel, jobId, { type: 'cancel', actor: 'user:ada' })
  const exit = recordExit(t.db, { jobId, attempt: 1 }, { exitCode: 0, signal: null, endedBy: 'script', durationMs: 1 })
  await someoneWaitsForALock(t.db)
  await cancel.commit().execute()
  await exit
  const job = await t.db.selectFrom('jobs').selectAll().where('id', '=', jobId).executeTakeFirstOrThrow()
  expect(job.state).toBe('cancelled')
  expect(await getAttempt(t.db, { jobId, attempt: 1 })).toMatchObject({ exitCode: 0, phase: 'exited' })
})

test('a cancelled job that nobody claimed frees its box at once, and a late supervisor is sent away', async () => {
  await using t = await testDb()
  const ctx = await anOrg(t.db)
  await aBox(ctx)
  const { id: jobId } = await aJob(ctx, { state: 'dispatching' })
  await cancelJob(ctx, jobId, 'changed my mind')
  expect(await t.db.selectFrom('leases').selectAll().execute()).toEqual([])
  await expect(claimAttempt(t.db, KEYS, { jobId, attempt: 1 }, 'n', IDENTITY)).rejects.toMatchObject({ status: 410 })
})

test('a cancelled running job keeps its lease until its supervisor says that the box is quiet', async () => {
  await using t = await testDb()
  const ctx = await anOrg(t.db)
  await aBox(ctx)
  const { id: jobId } = await aJob(ctx, { state: 'running' })
  const ref = { jobId, attempt: 1 }
  expect((await cancelJob(ctx, jobId, 'enough')).state).toBe('cancelled')
  expect((await cancelJob(ctx, jobId, 'again')).state).toBe('cancelled')
  expect(await t.db.selectFrom('leases').selectAll().execute()).toHaveLength(1)
  expect(await getAttempt(t.db, ref)).toMatchObject({ cancelReason: 'enough', controlVersion: 1 })
  await recordExit(t.db, ref, { exitCode: null, signal: 'SIGTERM', endedBy: 'cancel', durationMs: 1 })
  await finishAttempt(t.db, ref, 0, [])
  expect(await t.db.selectFrom('leases').selectAll().execute()).toEqual([])
})

test('only one nonce claims an attempt; the same nonce gets the same answer again', async () => {
  await using t = await testDb()
  const ctx = await anOrg(t.db)
  await aBox(ctx)
  const { id: jobId } = await aJob(ctx, { state: 'dispatching' })
  const ref = { jobId, attempt: 1 }
  const first = await claimAttempt(t.db, KEYS, ref, 'one', IDENTITY)
  const again = await claimAttempt(t.db, KEYS, ref, 'one', IDENTITY)
  expect([again.bundle, again.attempt.deadlineAt]).toEqual([first.bundle, first.attempt.deadlineAt])
  await expect(claimAttempt(t.db, KEYS, ref, 'two', IDENTITY)).rejects.toMatchObject({ status: 409 })
})

test('another box at the address is refused before anything starts, and the job waits for other boxes', async () => {
  await using t = await testDb()
  const ctx = await anOrg(t.db)
  const boxId = await aBox(ctx)
  await t.db.updateTable('boxes').set({ lagerBoxId: 'bench-7' }).where('id', '=', boxId).execute()
  const { id: jobId } = await aJob(ctx, { state: 'dispatching' })
  await expect(claimAttempt(t.db, KEYS, { jobId, attempt: 1 }, 'n', IDENTITY)).rejects.toThrow('identity_mismatch')
  const box = await t.db.selectFrom('boxes').selectAll().where('id', '=', boxId).executeTakeFirstOrThrow()
  expect(box.identityMismatchAt).not.toBeNull()
  await aPass(ctx)
  const reasons = await t.db.selectFrom('waitReasons').select('reasons').execute()
  expect(reasons.flatMap((row) => row.reasons.map((reason) => reason.code))).toEqual(['identity_mismatch'])
})

test('three silent boxes in a row fail the job as dispatch', async () => {
  await using t = await testDb()
  const ctx = await anOrg(t.db)
  for (let i = 0; i < 3; i++) await aBox(ctx)
  const { id: jobId } = await aJob(ctx)
  for (let i = 0; i < 3; i++) {
    await aPass(ctx)
    await returnUnclaimed(t.db, 0, { firstSeconds: 5, maxSeconds: 60, silentTries: 3 })
  }
  const job = await t.db.selectFrom('jobs').selectAll().where('id', '=', jobId).executeTakeFirstOrThrow()
  expect(job).toMatchObject({ state: 'failed', failureClass: 'dispatch', attempt: 3 })
  expect(await t.db.selectFrom('leases').selectAll().execute()).toEqual([])
})

test('a job that no box fits says why, and gives up at its queue limit', async () => {
  await using t = await testDb()
  const ctx = await anOrg(t.db)
  await aBox(ctx, { name: 'bench', labels: { dut: 'stm32' } })
  const { id: jobId } = await aJob(ctx, { requires: ['dut=nrf52840'] })
  await aPass(ctx)
  await sql`update jobs set queue_deadline_at = now() where id = ${jobId}`.execute(t.db)
  await giveUpOverdue(t.db)
  const job = await t.db.selectFrom('jobs').selectAll().where('id', '=', jobId).executeTakeFirstOrThrow()
  expect(job.state).toBe('no_suitable_box')
  const last = await t.db
    .selectFrom('events')
    .selectAll()
    .where('subject', '=', jobId)
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirstOrThrow()
  expect(last.data.reasons).toEqual([{ code: 'label_mismatch', detail: 'dut=nrf52840', boxes: ['bench'] }])
})

test('lines sent again vanish, a gap is refused, and done waits for the last line', async () => {
  await using t = await testDb()
  const ctx = await anOrg(t.db)
  await aBox(ctx)
  const { id: jobId } = await aJob(ctx, { state: 'running' })
  const ref = { jobId, attempt: 1 }
  const send = async (firstN: number, texts: string[]) =>
    (await appendBatches(t.db, [{ ...ref, batch: aBatch(firstN, texts) }], NO_LIMITS))[0]
  expect(await send(1, ['a', 'b'])).toEqual({ acked: 2, lastN: 2 })
  expect(await send(1, ['a', 'b', 'c'])).toEqual({ acked: 3, lastN: 3 })
  expect(await send(6, ['f'])).toMatchObject({ refused: { expected: 4 } })
  await recordExit(t.db, ref, { exitCode: 0, signal: null, endedBy: 'script', durationMs: 1 })
  await expect(finishAttempt(t.db, ref, 5, [])).rejects.toMatchObject({ expected: 4 })
  await send(4, ['d', 'e'])
  await finishAttempt(t.db, ref, 5, [])
  expect(await send(6, ['late'])).toMatchObject({ refused: { status: 410 } })
})

test('events are never changed', async () => {
  await using t = await testDb()
  const ctx = await anOrg(t.db)
  await aJob(ctx)
  await expect(sql`update events set type = 'x'`.execute(t.db)).rejects.toThrow('never changed')
  await expect(sql`delete from events`.execute(t.db)).rejects.toThrow('never changed')
})

test('a log that reached its limit is cut with one mark that counts what followed, and the job still ends', async () => {
  await using t = await testDb()
  const ctx = await anOrg(t.db)
  await aBox(ctx)
  const { id: jobId } = await aJob(ctx, { state: 'running' })
  const ref = { jobId, attempt: 1 }
  const limits = { maxBytes: 1e9, maxLines: 2 }
  for (const [firstN, texts] of [
    [1, ['a', 'b']],
    [3, ['c', 'd']],
    [5, ['e']],
  ] as const) {
    const [outcome] = await appendBatches(t.db, [{ ...ref, batch: aBatch(firstN, [...texts]) }], limits)
    expect(outcome).toMatchObject({ acked: firstN + texts.length - 1 })
  }
  await recordExit(t.db, ref, { exitCode: 0, signal: null, endedBy: 'script', durationMs: 1 })
  await finishAttempt(t.db, ref, 5, [])
  const lines = await readLines(unpackedLogs(t.db), ref, 1, 10)
  expect(lines.map(({ text, gap }) => gap?.lines ?? text)).toEqual(['a', 'b', 3])
})
