import { sql } from 'kysely'
import type { Ctx } from '../context'
import type { BoxId, JobId } from '../ids'
import { type JobView, jobRows, toJobView } from './job-view'
import type { JobState } from './state'

/** Newest first. `cursor` is the id of the last job of the page before. */
export type JobsQuery = {
  cursor?: JobId | undefined
  limit: number
  state?: JobState[] | undefined
  boxId?: BoxId | undefined
}

/** A page of the organisation's jobs. Wait reasons are those of the last placement pass. */
export async function listJobs(
  ctx: Ctx,
  { cursor, limit, state, boxId }: JobsQuery,
  publicUrl: string,
): Promise<{ items: JobView[]; nextCursor: string | null }> {
  const newest = state && boxId === undefined ? await newestOf(ctx, state, cursor, limit + 1) : undefined
  if (newest?.length === 0) return { items: [], nextCursor: null }
  const rows = await jobRows(ctx.db, ctx.orgId)
    .$if(cursor !== undefined, (qb) => qb.where('jobs.id', '<', cursor as JobId))
    .$if(boxId !== undefined, (qb) => qb.where('jobs.boxId', '=', boxId as BoxId))
    .$if(state !== undefined, (qb) => qb.where('jobs.state', 'in', state as JobState[]))
    .$if(newest !== undefined, (qb) => qb.where('jobs.id', 'in', newest as JobId[]))
    .orderBy('jobs.id', 'desc')
    .limit(limit + 1)
    .execute()
  const items = rows.slice(0, limit).map((row) => toJobView(row, publicUrl))
  return { items, nextCursor: rows.length > limit ? (items.at(-1)?.id ?? null) : null }
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
