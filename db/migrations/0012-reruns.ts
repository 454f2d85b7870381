import { type Kysely, sql } from 'kysely'

/** Which job a job is a rerun of. Retention may remove that one before it: then the link is gone. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table jobs add column rerun_of text references jobs (id) on delete set null`.execute(db)
}
