import { type Kysely, sql } from 'kysely'

/**
 * What jobs are found by: a text of each job, as an expression that one index holds (db/indexes.ts) and searches repeat. Labels stand
 * in it as `key=value`. Both extensions come with every Postgres, and who owns a database may create them there.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create extension if not exists pg_trgm`.execute(db)
  await sql`create extension if not exists btree_gin`.execute(db)
  await sql`
    create function job_text(name text, labels jsonb, error text) returns text language sql immutable parallel safe
    return name || ' ' || translate(replace(labels::text, '": "', '='), '"', '') || ' ' || coalesce(error, '')`.execute(
    db,
  )
}
