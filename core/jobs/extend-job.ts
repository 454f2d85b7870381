import { sql, type Transaction } from 'kysely'
import type { Database, Job } from '../../db/schema'
import { type Ctx, requireTo } from '../context'
import { refuseStale } from '../edits/tag'
import { IllegalTransition, Invalid } from '../errors'
import type { JobId } from '../ids'
import { jobTag } from './job-view'
import { isTerminal } from './state'
import { recordJobEvent } from './transition'
import { visibleJob } from './visible-job'

/**
 * Gives a job another run timeout, counted from its start. Before the start it simply counts from then on. While the script runs the
 * deadline moves and the supervisor is told: until it says that it knows (`attempts.controlHeard`), the new deadline is pending, and
 * an end by the old one still counts. The same value again changes nothing.
 * @throws NotFound, also for another organisation's job; IllegalTransition once the script has ended; Invalid when the new
 *   deadline would be over already; DomainError `precondition_failed`
 */
export async function extendJob(ctx: Ctx, jobId: JobId, timeoutSeconds: number): Promise<void> {
  await ctx.db.transaction().execute(async (tx) => {
    await tx.selectFrom('jobs').select('id').where('id', '=', jobId).forUpdate().execute()
    const job = await visibleJob(tx, ctx, jobId)
    requireTo(ctx, 'run')
    await refuseStale(ctx, () => jobTag(job))
    if (isTerminal(job.state) || job.state === 'uploading_artifacts')
      throw new IllegalTransition(jobId, job.state, 'get another timeout')
    if (timeoutSeconds === job.timeoutSeconds) return
    const deadlineAt = job.state === 'running' ? await moveDeadline(tx, job, timeoutSeconds) : null
    await tx
      .updateTable('jobs')
      .set({ timeoutSeconds, ...(deadlineAt && { deadlineAt }) })
      .where('id', '=', jobId)
      .execute()
    const data = { timeoutSeconds, before: job.timeoutSeconds, deadlineAt, requestId: ctx.requestId }
    const attempt = job.attempt || null
    await recordJobEvent(tx, jobId, { type: 'timeout_changed', actor: ctx.actor, attempt, data })
  })
}

async function moveDeadline(tx: Transaction<Database>, job: Job, timeoutSeconds: number): Promise<Date> {
  const { rows } = await sql<{ deadlineAt: Date; ranSeconds: number }>`
    update attempts set
      deadline_at = claimed_at + ${timeoutSeconds} * interval '1 second',
      control_version = control_version + 1
    where job_id = ${job.id} and attempt = ${job.attempt}
    returning deadline_at, extract(epoch from clock_timestamp() - claimed_at)::float8 as ran_seconds`.execute(tx)
  const [moved] = rows
  if (!moved) throw new Error(`Job ${job.id} runs without an attempt`)
  if (moved.ranSeconds < timeoutSeconds) return moved.deadlineAt
  const message = `must be more than the ${Math.floor(moved.ranSeconds)} s that the script has run; cancel the job to end it`
  throw new Invalid([{ path: 'timeoutSeconds', message }])
}
