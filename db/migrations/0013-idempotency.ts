import { type Kysely, sql } from 'kysely'

/**
 * What requests that name an Idempotency-Key made: a row is written by the transaction that makes the thing, and holds what the
 * caller was answered, encrypted, for a day.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table idempotency_keys (
      org_id      text        not null references orgs (id) on delete cascade,
      caller      text        not null,
      key         text        not null,
      fingerprint text        not null,
      answer      text,
      created_at  timestamptz not null default now(),
      primary key (org_id, caller, key)
    )`.execute(db)
  await sql`create index idempotency_keys_by_age on idempotency_keys (created_at)`.execute(db)
}
