import type { Job } from '../../db/schema'
import { closeAttempt, lockAttempt } from '../attempts/close-attempt'
import { askToCancel } from '../attempts/control'
import { type Ctx, requireTo } from '../context'
import type { JobId } from '../ids'
import { transition } from './transition'
import { visibleJob } from './visible-job'

/**
 * Cancels a live job. The worker tells the box once the event is committed; the attempt closes when the box is quiet, or at
 * once when nobody had claimed it. Cancelling a cancelled job changes nothing and returns it.
 * @throws NotFound, also for another organisation's job; IllegalTransition when the job has ended otherwise
 */
export async function cancelJob(ctx: Ctx, jobId: JobId, reason: string): Promise<Job> {
  return await ctx.db.transaction().execute(async (tx) => {
    await tx.selectFrom('jobs').select('id').where('id', '=', jobId).forUpdate().execute()
    const job = await visibleJob(tx, ctx, jobId)
    requireTo(ctx, 'run')
    if (job.state === 'cancelled') return job
    const data = { reason, requestId: ctx.requestId }
    const cancelled = await transition(tx, jobId, { type: 'cancel', actor: ctx.actor, data })
    const ref = { jobId, attempt: job.attempt }
    const attempt = await lockAttempt(tx, ref)
    if (attempt?.phase === 'placed') await closeAttempt(tx, ref, { by: 'fenced', actor: ctx.actor })
    else if (attempt?.phase === 'claimed') await askToCancel(tx, ref, reason || 'cancelled')
    return cancelled
  })
}
