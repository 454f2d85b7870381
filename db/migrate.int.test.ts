import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { sql } from 'kysely'
import pg from 'pg'
import { expect, test } from 'vitest'
import { connectionConfig, type Db } from './client'
import { migrateToLatest, pendingMigrations } from './migrate'
import { emptyDatabase } from './testing/database'

const run = promisify(execFile)

async function invalidIndexes(db: Db): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select indexrelid::regclass::text as name from pg_index where not indisvalid`.execute(db)
  return rows.map(({ name }) => name)
}

test('two processes that migrate an empty database at once both succeed', async () => {
  await using t = await emptyDatabase()
  const env = { PATH: process.env.PATH, NODE_ENV: 'production' as const, DATABASE_URL: t.url }
  const migrate = async () => (await run(process.execPath, ['--import', 'tsx', 'embedded/migrate.ts'], { env })).stdout
  const said = '{"msg":"the schema is up to date"}\n'
  expect(await Promise.all([migrate(), migrate()])).toEqual([said, said])
  expect(await pendingMigrations(t.db)).toEqual([])
  expect(await invalidIndexes(t.db)).toEqual([])
})

test('an index that a killed builder left half made is built anew', async () => {
  await using t = await emptyDatabase()
  await migrateToLatest(t.url)
  await sql`update pg_index set indisvalid = false where indexrelid = 'jobs_by_state'::regclass`.execute(t.db)
  await migrateToLatest(t.url)
  expect(await invalidIndexes(t.db)).toEqual([])
})

/** The schema that the version before this one brought. */
const BEFORE = '0008-control-heard'

/** What that version says to its database, as it said it; its sessions have the usual time limits. */
async function oldVersion(databaseUrl: string, until: () => boolean): Promise<number> {
  const client = new pg.Client(connectionConfig(databaseUrl, 'old-version'))
  await client.connect()
  let turns = 0
  try {
    for (; !until(); turns++) {
      const id = `job_${crypto.randomUUID().replaceAll('-', '')}`
      await client.query('begin')
      await client.query(
        `insert into jobs (id, org_id, name, last_seq, bundle_sha256, args, env, labels, target_kind, requires, requirement_key,
          queue_key, submitted_by, timeout_seconds, queue_timeout_seconds, grace_seconds, runnable_at)
        values ($1, 'org_x', 'job', 1, $2, '[]', '{}', '{}', 'any', '[]', 'key', 'any', 'user:x', 60, 60, 5, now())
        returning *`,
        [id, '0'.repeat(64)],
      )
      await client.query(
        `with recorded as (insert into events (subject, seq, org_id, type, state, actor, data)
          values ($1, 1, 'org_x', 'submitted', 'queued', 'user:x', '{}') returning subject, seq)
        insert into outbox (subject, seq) select subject, seq from recorded`,
        [id],
      )
      await client.query('commit')
      await client.query(
        `update jobs set state = 'cancelled', last_seq = 2, finished_at = now() where id = $1 returning *`,
        [id],
      )
      await client.query(`with due as (select subject, seq from outbox where taken_until is null or taken_until < now()
        limit 500 for update skip locked)
        update outbox o set tries = o.tries + 1, taken_until = now() from due where o.subject = due.subject and o.seq = due.seq`)
      await client.query('delete from outbox where subject = $1', [id])
      await client.query(`select * from jobs where org_id = 'org_x' order by id desc limit 51`)
      await client.query('select placement_requested_seq, placement_done_seq from orgs')
    }
  } finally {
    await client.end()
  }
  return turns
}

test('the version before goes on to write and read while the database is migrated, and afterwards', async () => {
  await using t = await emptyDatabase()
  await migrateToLatest(t.url, BEFORE)
  await sql`insert into orgs (id, name) values ('org_x', 'x')`.execute(t.db)
  await sql`insert into bundles (org_id, sha256, kind, size_bytes, inline) values ('org_x', ${'0'.repeat(64)}, 'script', 1, 'x')`.execute(
    t.db,
  )
  let migrated = false
  let turnsAfter = 0
  const serving = [1, 2, 3].map(() => oldVersion(t.url, () => migrated && ++turnsAfter > 30))
  await migrateToLatest(t.url)
  migrated = true
  const turns = await Promise.all(serving)
  expect(turns.every((count) => count > 0)).toBe(true)
  expect(await pendingMigrations(t.db)).toEqual([])
  expect(await invalidIndexes(t.db)).toEqual([])
})

test('migrations only add: what an older version reads or writes is neither taken away nor renamed', () => {
  const later = readdirSync('db/migrations').filter((name) => name > '0006-real-boxes')
  const takes = /\b(drop (column|table)|rename (to|column)|alter column \w+ (type|set not null))\b/i
  const taking = later.filter((name) => takes.test(readFileSync(`db/migrations/${name}`, 'utf8')))
  expect(later.length).toBeGreaterThan(0)
  expect(taking).toEqual([])
})
