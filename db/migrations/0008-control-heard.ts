import { type Kysely, sql } from 'kysely'

/** Which version of its control state an attempt's supervisor acts by: what is newer is still pending. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table attempts add column control_heard integer not null default 0`.execute(db)
}
