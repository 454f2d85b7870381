import { sql } from 'kysely'
import type { Job, WaitReason } from '../../db/schema'
import type { Ctx } from '../context'
import { NotFound } from '../errors'
import type { JobId } from '../ids'
import { isTarget, reasonsFor } from '../placement/decide'
import { loadFleet } from '../placement/load-fleet'
import { loadRests } from '../placement/load-waiting'
import { isWaiting, type JobView, jobRows, toJobView } from './job-view'

/** A job. Why it waits is found out now, by the function that placement decides with. @throws NotFound */
export async function getJob(ctx: Ctx, jobId: JobId, publicUrl: string): Promise<JobView> {
  const row = await jobRows(ctx.db, ctx.orgId)
    .select(sql<Date>`now()`.as('now'))
    .where('jobs.id', '=', jobId)
    .executeTakeFirst()
  if (!row) throw new NotFound('job', jobId)
  return toJobView(row, publicUrl, isWaiting(row.state) ? await whyWaiting(ctx, row, row.now) : [])
}

async function whyWaiting(ctx: Ctx, job: Job, now: Date): Promise<WaitReason[]> {
  if (job.holdReason !== null) return [{ code: 'held', boxes: [], detail: job.holdReason }]
  if (job.runnableAt === null || job.runnableAt > now) {
    return [{ code: 'not_before', boxes: [], ...(job.runnableAt && { detail: job.runnableAt.toISOString() }) }]
  }
  const [fleet, rests] = await Promise.all([loadFleet(ctx.db, ctx.orgId), loadRests(ctx.db, [job.id])])
  const waiting = { ...job, runnableAt: job.runnableAt, restingOn: rests.get(job.id) ?? new Map() }
  return reasonsFor(
    fleet.filter((box) => isTarget(box, waiting)),
    waiting,
    now,
  )
}
