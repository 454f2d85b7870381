import { sql } from 'kysely'
import type { Db } from '../../db/client'
import type { Attempt } from '../../db/schema'

/** An open, claimed attempt that has not been heard of, and for how long. An outage of ours is no silence of theirs. */
export type Silent = Pick<Attempt, 'jobId' | 'attempt' | 'boxId' | 'processId'> & { silentSeconds: number }

/** Claimed attempts that have been silent for at least `seconds`, counted only while the box API listened. */
export async function findSilent(db: Db, seconds: number): Promise<Silent[]> {
  const { rows } = await sql<Silent>`
    select a.job_id, a.attempt, a.box_id, a.process_id,
      extract(epoch from now() - greatest(h.last_heard_at, p.listening_since_at))::float8 as silent_seconds
    from attempts a
    join log_heads h using (job_id, attempt)
    cross join box_api_presence p
    where a.phase in ('claimed', 'exited')
      and greatest(h.last_heard_at, p.listening_since_at) <= now() - ${seconds} * interval '1 second'
    order by h.last_heard_at limit 200`.execute(db)
  return rows
}
