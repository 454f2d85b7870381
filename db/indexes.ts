import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import type { Db } from './client'

/**
 * Indexes of tables that grow with every job, built beside the migrations and not in them: a migration is one transaction, and
 * an index that is built in a transaction holds up every writer of its table meanwhile.
 */
const INDEXES: Record<string, string> = {
  jobs_by_end: 'on jobs (org_id, finished_at) where finished_at is not null',
  jobs_by_parent: 'on jobs (parent_id) where parent_id is not null',
  // a removed job takes itself out of its reruns
  jobs_by_rerun: 'on jobs (rerun_of) where rerun_of is not null',
  jobs_by_state: 'on jobs (org_id, state, id desc)',
  jobs_by_submitter: 'on jobs (org_id, submitted_by, id desc)',
  jobs_by_queue: 'on jobs (org_id, queue_key, id desc)',
  jobs_by_text: 'on jobs using gin (org_id, job_text(name, labels, error) gin_trgm_ops)',
  box_rests_by_end: 'on box_rests (until_at)',
  jobs_with_log: 'on jobs (org_id, finished_at) where finished_at is not null and log_removed_at is null',
  artifacts_by_age: 'on artifacts (org_id, created_at)',
  log_heads_by_object: 'on log_heads (packed_key) where packed_key is not null',
  // no column of it changes while lines come in
  logs_to_pack: 'on log_heads (ended_at) where ended_at is not null and cleared_at is null',
  outbox_due: `on outbox ((coalesce(taken_until, '-infinity'::timestamptz)))`,
}

const LOCK = 'stout-indexes'
const LOOK_AGAIN_MS = 200

/**
 * Builds what is missing of them, while everybody reads and writes on. Safe to run twice at once: one builds, the other waits.
 * An index that a killed builder left half made is dropped and built anew.
 */
export async function buildIndexes(db: Db): Promise<void> {
  if ((await missing(db)).length === 0) return
  await db.connection().execute(async (session) => {
    // Asked for again and again instead of waited for: a session that waits in a statement is one that the builder waits for.
    while (!(await tryLock(session))) await sleep(LOOK_AGAIN_MS)
    try {
      for (const name of await missing(session)) {
        await sql`drop index concurrently if exists ${sql.id(name)}`.execute(session)
        await sql`create index concurrently ${sql.id(name)} ${sql.raw(INDEXES[name] ?? '')}`.execute(session)
      }
    } finally {
      await sql`select pg_advisory_unlock(hashtextextended(${LOCK}, 0))`.execute(session)
    }
  })
}

async function missing(db: Db): Promise<string[]> {
  const names = Object.keys(INDEXES)
  const { rows } = await sql<{ relname: string }>`
    select relname from pg_class join pg_index on indexrelid = pg_class.oid
    where indisvalid and relname = any(${names}) and relnamespace = current_schema()::regnamespace`.execute(db)
  return names.filter((name) => !rows.some(({ relname }) => relname === name))
}

async function tryLock(db: Db): Promise<boolean> {
  const { rows } = await sql<{ held: boolean }>`
    select pg_try_advisory_lock(hashtextextended(${LOCK}, 0)) as held`.execute(db)
  return rows[0]?.held ?? false
}
