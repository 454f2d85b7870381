import { sql } from 'kysely'
import { expect, test } from 'vitest'
import type { Db } from '../../db/client'
import { testDb } from '../../db/testing/database'
import { finishAttempt } from '../attempts/finish-attempt'
import { recordExit } from '../attempts/record-exit'
import type { Ctx } from '../context'
import { newId } from '../ids'
import { cancelJob } from '../jobs/cancel-job'
import { appendBatches } from '../logs/append-lines'
import { aBatch } from '../testing/batches'
import { aBox, aJob, anOrg } from '../testing/fixtures'
import { changeRetention } from './change-retention'
import { previewRetention } from './preview-retention'
import { removeOldArtifacts, removeOldJobs, removeOldLogs } from './remove-old'

const keeps = ({ orgId }: Ctx) => ({ orgId, days: 30 })

/** A job that completed with one line and one artifact, and whose events have arrived. */
async function aCompletedJob(ctx: Ctx) {
  const running = await aJob(ctx, { state: 'running' })
  const ref = { jobId: running.id, attempt: 1 }
  await appendBatches(ctx.db, [{ ...ref, batch: aBatch(1, ['a line']) }], { maxBytes: 1e9, maxLines: 1e9 })
  const key = `${ctx.orgId}/artifacts/${running.id}`
  await ctx.db.insertInto('storedObjects').values({ key, orgId: ctx.orgId, state: 'kept', uploadId: null }).execute()
  await sql`insert into artifacts (id, org_id, job_id, attempt, path, source, state, size_bytes, sha256, object_key, uploaded_at)
    values (${newId('art')}, ${ctx.orgId}, ${running.id}, 1, 'a.bin', 'artifacts', 'uploaded', 1000, ${'0'.repeat(64)}, ${key}, now())`.execute(
    ctx.db,
  )

  await recordExit(ctx.db, ref, { exitCode: 0, signal: null, endedBy: 'script', durationMs: 5 })
  await finishAttempt(ctx.db, ref, 1, [])
  return { id: running.id, key }
}

/** Everything that stands in the database happened so many days earlier, and every event was sent on. */
async function daysPass(db: Db, days: number): Promise<void> {
  const ago = sql`${days} * interval '1 day'`
  await sql`update jobs set finished_at = finished_at - ${ago}, created_at = created_at - ${ago}`.execute(db)
  await sql`update artifacts set created_at = created_at - ${ago}`.execute(db)
  await sql`delete from outbox`.execute(db)
}

async function countsOf(db: Db): Promise<Record<string, number>> {
  const tables = ['jobs', 'attempts', 'events', 'log_heads', 'log_chunks', 'artifacts', 'job_secrets', 'box_rests']
  const counts = tables.map(async (table): Promise<[string, number]> => {
    const { rows } = await sql<{ count: number }>`select count(*)::int from ${sql.table(table)}`.execute(db)
    return [table, rows[0]?.count ?? -1]
  })
  return Object.fromEntries(await Promise.all(counts))
}

test('an old job goes with all that belongs to it; a younger one, a live one, one that drains and another organisation’s stay', async () => {
  await using t = await testDb()
  const ctx = await anOrg(t.db)
  const other = await anOrg(t.db)
  await aBox(ctx, { slots: 4 })
  await aBox(other)
  const old = await aCompletedJob(ctx)
  await aCompletedJob(other)
  const draining = await aJob(ctx, { state: 'running' })
  await cancelJob(ctx, draining.id, '') // over, but its box is not quiet
  const live = await aJob(ctx, { state: 'running' })
  await daysPass(t.db, 31)
  const young = await aCompletedJob(ctx)
  await t.db.deleteFrom('outbox').execute()

  expect((await previewRetention(ctx, { jobsDays: 30 })).wouldRemove.jobs).toMatchObject({ count: 1 })
  expect(await removeOldJobs(t.db, keeps(ctx))).toBe(1)
  expect(await removeOldJobs(t.db, keeps(ctx))).toBe(0)

  const left = await t.db.selectFrom('jobs').select('id').where('orgId', '=', ctx.orgId).execute()
  expect(new Set(left.map(({ id }) => id))).toEqual(new Set([draining.id, live.id, young.id]))
  expect(await t.db.selectFrom('jobs').select('id').where('orgId', '=', other.orgId).execute()).toHaveLength(1)
  expect(await t.db.selectFrom('events').select('seq').where('subject', '=', old.id).execute()).toEqual([])
  const states = await t.db
    .selectFrom('storedObjects')
    .select(['key', 'state'])
    .where('orgId', '=', ctx.orgId)
    .execute()
  expect(Object.fromEntries(states.map(({ key, state }) => [key, state]))).toEqual({
    [old.key]: 'deleting',
    [young.key]: 'kept',
  })
})

test('a job stays as long as one that it is the parent of, and until its events have arrived', async () => {
  await using t = await testDb()
  const ctx = await anOrg(t.db)
  await aBox(ctx)
  const parent = await aCompletedJob(ctx)
  const child = await aJob(ctx)
  await t.db.updateTable('jobs').set({ parentId: parent.id }).where('id', '=', child.id).execute()
  await daysPass(t.db, 31)
  expect(await removeOldJobs(t.db, keeps(ctx))).toBe(0)
  await t.db.updateTable('jobs').set({ parentId: null }).where('id', '=', child.id).execute()
  await t.db.insertInto('outbox').values({ subject: parent.id, seq: 1, takenUntil: null }).execute()
  expect(await removeOldJobs(t.db, keeps(ctx))).toBe(0)
  await t.db.deleteFrom('outbox').execute()
  expect(await removeOldJobs(t.db, keeps(ctx))).toBe(1)
})

test('a log goes before its job: it reads as empty, the job says so, and the rest of it stays', async () => {
  await using t = await testDb()
  const ctx = await anOrg(t.db)
  await aBox(ctx)
  const { id } = await aCompletedJob(ctx)
  const before = await countsOf(t.db)
  await daysPass(t.db, 31)
  const { wouldRemove } = await previewRetention(ctx, { logsDays: 30 })
  expect(wouldRemove).toMatchObject({ jobs: { count: 0 }, logs: { count: 1 }, artifacts: { count: 0 } })
  expect(await removeOldLogs(t.db, keeps(ctx))).toBe(1)
  expect(await removeOldLogs(t.db, keeps(ctx))).toBe(0)
  expect(await countsOf(t.db)).toEqual({ ...before, log_chunks: 0, events: (before.events ?? 0) + 1 })
  const head = await t.db.selectFrom('logHeads').select(['lastN', 'sizeBytes']).executeTakeFirst()
  expect(head).toEqual({ lastN: 0, sizeBytes: 0 })
  const said = await t.db
    .selectFrom('events')
    .select('data')
    .where('subject', '=', id)
    .where('type', '=', 'log_removed')
    .executeTakeFirst()
  expect(said?.data).toEqual({ lines: 1, sizeBytes: wouldRemove.logs.sizeBytes })
})

test('a packed log’s object goes to the sweep that empties the store', async () => {
  await using t = await testDb()
  const ctx = await anOrg(t.db)
  await aBox(ctx)
  await aCompletedJob(ctx)
  const key = `${ctx.orgId}/logs/x`
  await t.db.insertInto('storedObjects').values({ key, orgId: ctx.orgId, state: 'kept', uploadId: null }).execute()
  await t.db
    .updateTable('logHeads')
    .set({ packedKey: key, packedIndex: Buffer.from('x'), packedAt: new Date() })
    .execute()
  await daysPass(t.db, 31)
  await removeOldLogs(t.db, keeps(ctx))
  const object = await t.db.selectFrom('storedObjects').select('state').where('key', '=', key).executeTakeFirst()
  expect(object?.state).toBe('deleting')
})

test('artifacts go before their job: their objects are dropped, and the job says how many went', async () => {
  await using t = await testDb()
  const ctx = await anOrg(t.db)
  await aBox(ctx)
  const { id, key } = await aCompletedJob(ctx)
  await daysPass(t.db, 31)
  expect((await previewRetention(ctx, { artifactsDays: 30 })).wouldRemove.artifacts).toEqual({
    count: 1,
    sizeBytes: 1_000,
  })
  expect(await removeOldArtifacts(t.db, keeps(ctx))).toBe(1)
  expect(await removeOldArtifacts(t.db, keeps(ctx))).toBe(0)
  const object = await t.db.selectFrom('storedObjects').select('state').where('key', '=', key).executeTakeFirst()
  expect(object?.state).toBe('deleting')
  const said = await t.db
    .selectFrom('events')
    .select('data')
    .where('subject', '=', id)
    .where('type', '=', 'artifacts_removed')
    .executeTakeFirst()
  expect(said?.data).toEqual({ count: 1, sizeBytes: 1_000 })
})

test('what a dry run names is what goes, and it removes nothing itself', async () => {
  await using t = await testDb()
  const ctx = await anOrg(t.db)
  await aBox(ctx)
  for (let n = 0; n < 3; n++) await aCompletedJob(ctx)
  await daysPass(t.db, 31)
  await changeRetention(ctx, { jobsDays: 60, logsDays: 30, artifactsDays: 20 })
  const before = await countsOf(t.db)
  const { wouldRemove } = await previewRetention(ctx)
  expect(wouldRemove).toMatchObject({
    jobs: { count: 0 },
    logs: { count: 3 },
    artifacts: { count: 3, sizeBytes: 3_000 },
  })
  expect(await countsOf(t.db)).toEqual(before)
  const viewer: Ctx = { ...ctx, role: 'member' }
  await expect(previewRetention(viewer)).rejects.toMatchObject({ code: 'forbidden' })
  await expect(changeRetention(viewer, { jobsDays: 1 })).rejects.toMatchObject({ code: 'forbidden' })
})

test('an event goes only after its job, in a transaction that says so', async () => {
  await using t = await testDb()
  const ctx = await anOrg(t.db)
  await changeRetention(ctx, { jobsDays: 30 })
  const job = await aJob(ctx)
  await t.db.deleteFrom('outbox').execute()
  const remove = (subject: string, says: string) =>
    t.db.transaction().execute(async (tx) => {
      await sql`select set_config('stout.retention', ${says}, true)`.execute(tx)
      await tx.deleteFrom('events').where('subject', '=', subject).execute()
    })
  for (const says of ['', 'on']) await expect(remove(job.id, says)).rejects.toThrow('never changed')
  await expect(remove(ctx.orgId, 'on')).rejects.toThrow('never changed')
  await t.db.deleteFrom('jobs').where('id', '=', job.id).execute()
  await expect(remove(job.id, '')).rejects.toThrow('never changed')
  await remove(job.id, 'on')
  await expect(sql`update events set type = 'x'`.execute(t.db)).rejects.toThrow('never changed')
  await expect(sql`truncate events cascade`.execute(t.db)).rejects.toThrow('never changed')
})

test('every table that speaks of a job is known to retention', async () => {
  await using t = await testDb()
  const { rows } = await sql<{ name: string }>`
    select distinct conrelid::regclass::text as name from pg_constraint
    where contype = 'f' and confrelid in ('jobs'::regclass, 'attempts'::regclass, 'log_heads'::regclass)`.execute(t.db)
  // a lease of a closed attempt does not exist, and a parent stays as long as its children
  const known = ['artifacts', 'attempts', 'box_rests', 'job_secrets', 'jobs', 'leases', 'log_chunks', 'log_heads']
  expect(rows.map(({ name }) => name).sort()).toEqual(known)
})
