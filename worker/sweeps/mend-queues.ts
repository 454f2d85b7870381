import { sql } from 'kysely'
import type { Db } from '../../db/client'

/** Looks for abandoned deliveries are two seconds apart; what lies further ahead was written by a wrong clock. */
const AHEAD_SECONDS = 60

/**
 * BullMQ on Postgres writes down when it last looked for deliveries whose worker was killed, by that worker's own clock. After a
 * clock was wrong, nobody would look again until time has come up to it: such a note is removed, by the database's clock.
 */
export async function mendQueues(db: Db): Promise<void> {
  await sql`
    delete from bullmq.meta
    where field = 'stalled-check'
      and value::bigint > 1000 * (extract(epoch from clock_timestamp()) + ${AHEAD_SECONDS})`.execute(db)
}
