import { sql } from 'kysely'
import type { Db } from '../../db/client'
import type { BoxIdentity } from '../../db/schema'
import { ALONE, type OnBox } from './on-box'
import { PRESENCE_GAP_SECONDS } from './presence'

/** An open, claimed attempt that has not been heard of. An outage of ours is no silence of theirs. */
export type Silent = OnBox & {
  identity: BoxIdentity | null
  silentSeconds: number
  /** Past the deadline, counted like silence; negative before it. */
  overdueSeconds: number
}

/**
 * Claimed attempts that have been silent for at least `seconds`, counted only while the box API listened: from the later of the
 * last contact and the moment it began to listen. When by its own record nobody listens now (a worker that has just begun, or
 * was stopped; a clock that jumped), nobody counts as silent.
 */
export async function findSilent(db: Db, seconds: number, gapSeconds = PRESENCE_GAP_SECONDS): Promise<Silent[]> {
  const { rows } = await sql<Silent>`
    select a.job_id, a.attempt, a.box_id, a.process_id, a.nonce, a.identity,
      extract(epoch from now() - since)::float8 as silent_seconds,
      coalesce(extract(epoch from now() - greatest(a.deadline_at, p.listening_since_at)), 0)::float8 as overdue_seconds,
      ${ALONE} as alone
    from attempts a
    join log_heads h using (job_id, attempt)
    cross join box_api_presence p
    -- a contact in the future was before the database clock was put back
    cross join lateral (select greatest(case when h.last_heard_at <= now() then h.last_heard_at end,
      p.listening_since_at) as since) as silence
    where a.phase in ('claimed', 'exited')
      and since <= now() - ${seconds} * interval '1 second'
      and p.last_beat_at > now() - ${gapSeconds} * interval '1 second'
    order by h.last_heard_at limit 200`.execute(db)
  return rows
}
