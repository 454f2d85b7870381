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
  const rows = await jobRows(ctx.db, ctx.orgId)
    .$if(cursor !== undefined, (qb) => qb.where('jobs.id', '<', cursor as JobId))
    .$if(boxId !== undefined, (qb) => qb.where('jobs.boxId', '=', boxId as BoxId))
    .$if(state !== undefined, (qb) => qb.where('jobs.state', 'in', state as JobState[]))
    .orderBy('jobs.id', 'desc')
    .limit(limit + 1)
    .execute()
  const items = rows.slice(0, limit).map((row) => toJobView(row, publicUrl))
  return { items, nextCursor: rows.length > limit ? (items.at(-1)?.id ?? null) : null }
}
