import { sql } from 'kysely'
import type { Db } from '../../db/client'
import { type JobState, WAITING_STATES } from '../jobs/state'

/** Jobs that could run now, of one queue key, and for how long the oldest of them has been ready. */
export type QueueLevel = { key: string; jobs: number; oldestSeconds: number }

/** Everything beyond the deepest `limit` keys, in one: names of boxes and groups are as many as people make. */
const OTHER_KEYS = 'other'

/** How many jobs wait under each queue key, deepest first. Keys of the same name in two organisations count as one. */
export async function queueLevels(db: Db, limit: number): Promise<QueueLevel[]> {
  const { rows } = await sql<QueueLevel>`
    with waiting as (
      select queue_key, count(*)::int as jobs, min(runnable_at) as oldest from jobs
      where state in (${sql.join(WAITING_STATES)}) and hold_reason is null and runnable_at <= now()
      group by queue_key),
    ranked as (select *, row_number() over (order by jobs desc, queue_key) > ${limit} as beyond from waiting)
    select case when beyond then ${OTHER_KEYS} else queue_key end as key, sum(jobs)::int as jobs,
      extract(epoch from now() - min(oldest))::float8 as oldest_seconds
    from ranked group by 1 order by 2 desc`.execute(db)
  return rows
}

/** How many jobs are in each of the states in which something is still to happen. */
export async function liveJobs(db: Db): Promise<{ state: JobState; jobs: number }[]> {
  const { rows } = await sql<{ state: JobState; jobs: number }>`
    select state, count(*)::int as jobs from jobs
    where state in ('queued', 'waiting_for_box', 'dispatching', 'running', 'uploading_artifacts') group by state`.execute(
    db,
  )
  return rows
}

/** Attempts that are open though their job is over: their boxes are not quiet yet. */
export async function drainLevel(db: Db): Promise<{ attempts: number; oldestSeconds: number }> {
  const { rows } = await sql<{ attempts: number; oldestSeconds: number }>`
    select count(*)::int as attempts, coalesce(extract(epoch from now() - min(j.finished_at)), 0)::float8 as oldest_seconds
    from attempts a join jobs j on j.id = a.job_id
    where a.phase <> 'closed' and (j.finished_at is not null or j.attempt <> a.attempt)`.execute(db)
  return rows[0] ?? { attempts: 0, oldestSeconds: 0 }
}

/** Rows beyond this are not counted one by one: an outage leaves many. */
const OUTBOX_LOOKED_AT = 10_000
const OUTBOX_DATED = 200

/**
 * Events that were committed and not yet sent on: how many (10,000 stands for that or more), and the age of
 * the oldest of the first 200: they are taken in no strict order, so that it is about that of the oldest of all.
 */
export async function outboxLevel(db: Db): Promise<{ events: number; oldestSeconds: number }> {
  const { rows } = await sql<{ events: number; oldestSeconds: number }>`
    with first as (select subject, seq from outbox order by coalesce(taken_until, '-infinity') limit ${OUTBOX_LOOKED_AT})
    select (select count(*)::int from first) as events, coalesce(extract(epoch from now() - min(e.at)), 0)::float8 as oldest_seconds
    from (select * from first limit ${OUTBOX_DATED}) f join events e using (subject, seq)`.execute(db)
  return rows[0] ?? { events: 0, oldestSeconds: 0 }
}
