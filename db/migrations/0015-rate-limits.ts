import { type Kysely, sql } from 'kysely'

/**
 * What was tried how often, for all processes. `busy_until` is when what was tried so far would be paid off. Unlogged: after a crash
 * of the database counting begins anew.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create unlogged table rate_limits (key text primary key, busy_until timestamptz not null)`.execute(db)
}
