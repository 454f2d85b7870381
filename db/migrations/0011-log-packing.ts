import { type Kysely, sql } from 'kysely'

/** Which logs still have chunks to be moved into the object store, and who is at it. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table log_heads
      add column pack_taken_until timestamptz,
      add column pack_tries       integer not null default 0,
      add column cleared_at       timestamptz`.execute(db)
  await sql`drop index log_heads_to_pack`.execute(db) // logs_to_pack (db/indexes.ts) takes its place
}
