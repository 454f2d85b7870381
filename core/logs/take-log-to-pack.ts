import { sql } from 'kysely'
import type { Db } from '../../db/client'
import type { AttemptRef } from '../attempts/tokens'
import type { OrgId } from '../ids'

/** A log whose attempt has closed, with chunks that are still to leave this database. `packed`: all but their removal is done. */
export type LogToPack = AttemptRef & { orgId: OrgId; lastN: number; packed: boolean }

/** Longer than the largest log takes. A worker that was killed leaves its log to others for that long; it stays readable. */
export const TAKEN_SECONDS = 900
const FIRST_REST_SECONDS = 60
const LONGEST_REST_SECONDS = 3_600

/** Takes in hand the log that has waited longest among those that ended at least `afterSeconds` ago, if there is one. */
export async function takeLogToPack(db: Db, afterSeconds: number): Promise<LogToPack | undefined> {
  const { rows } = await sql<LogToPack>`
    with due as (
      select job_id, attempt from log_heads
      where cleared_at is null and ended_at <= now() - ${afterSeconds} * interval '1 second'
        and (pack_taken_until is null or pack_taken_until <= now())
      order by ended_at limit 1 for update skip locked)
    update log_heads h set pack_taken_until = now() + ${TAKEN_SECONDS} * interval '1 second', pack_tries = pack_tries + 1
    from due join attempts a using (job_id, attempt)
    where h.job_id = due.job_id and h.attempt = due.attempt
    returning h.job_id, h.attempt, a.org_id, h.last_n, h.packed_key is not null as packed`.execute(db)
  return rows[0]
}

/** Lets go of a log that could not be packed now: at once when the worker stops, else after a rest that doubles with each try. */
export async function leaveLog(db: Db, { jobId, attempt }: AttemptRef, forOthers: boolean): Promise<void> {
  const rest = sql`least(${LONGEST_REST_SECONDS}, ${FIRST_REST_SECONDS} * 2 ^ least(pack_tries - 1, 10)) * interval '1 second'`
  await sql`
    update log_heads set pack_taken_until = now() + ${forOthers ? sql`interval '0'` : rest}
    where job_id = ${jobId} and attempt = ${attempt} and cleared_at is null`.execute(db)
}
