import { sql } from 'kysely'
import type { Ctx } from '../context'
import type { JobId } from '../ids'
import { findJobs } from './find-jobs'
import type { JobFilter } from './job-filter'
import { type JobView, jobRows, toJobView } from './job-view'
import type { JobState } from './state'

/** Newest first. `cursor` is where the page before ended. */
export type JobsQuery = JobFilter & { cursor?: JobId | undefined; limit: number }

/**
 * A page of the organisation's jobs. Wait reasons are those of the last placement pass. The page after it begins at `nextCursor`;
 * where much had to be looked at, a page may be short and not be the last one.
 */
export async function listJobs(
  ctx: Ctx,
  query: JobsQuery,
  publicUrl: string,
): Promise<{ items: JobView[]; nextCursor: string | null }> {
  const { ids, nextCursor } = await pageOf(ctx, query)
  if (ids.length === 0) return { items: [], nextCursor }
  const rows = await jobRows(ctx.db, ctx.orgId).where('jobs.id', 'in', ids).orderBy('jobs.id', 'desc').execute()
  return { items: rows.map((row) => toJobView(row, publicUrl)), nextCursor }
}

async function pageOf(
  ctx: Ctx,
  { cursor, limit, ...filter }: JobsQuery,
): Promise<{ ids: JobId[]; nextCursor: JobId | null }> {
  const { state, ...others } = filter
  const onlyStates = state && Object.values(others).every((value) => value === undefined)
  if (!onlyStates) return await findJobs(ctx, filter, { cursor, limit })
  const newest = await newestOf(ctx, state, cursor, limit + 1)
  return { ids: newest.slice(0, limit), nextCursor: newest.length > limit ? (newest[limit - 1] ?? null) : null }
}

/**
 * Ids of the newest jobs in any of the states. Asked state by state, each by its index: states lie in clusters (the newest jobs
 * wait, the old ones have ended), so that a walk from the newest on could meet a great many others before the first.
 */
async function newestOf(
  { db, orgId }: Ctx,
  states: JobState[],
  cursor: JobId | undefined,
  limit: number,
): Promise<JobId[]> {
  const before = cursor === undefined ? sql`` : sql`and id < ${cursor}`
  const { rows } = await sql<{ id: JobId }>`
    select newest.id from unnest(${[...new Set(states)]}::text[]) as wanted (state) cross join lateral (
      select id from jobs where org_id = ${orgId} and state = wanted.state ${before} order by id desc limit ${limit}
    ) as newest order by newest.id desc limit ${limit}`.execute(db)
  return rows.map(({ id }) => id)
}
