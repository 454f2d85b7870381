import { type Kysely, sql } from 'kysely'

/**
 * An object that was deleted is remembered for as long as somebody may still hold a signed URL that makes it anew, and is then
 * deleted once more.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table stored_objects add column deleted_at timestamptz`.execute(db)
}
