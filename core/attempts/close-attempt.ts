import { sql, type Transaction } from 'kysely'
import type { Attempt, ClosedBy, Database } from '../../db/schema'
import { settleArtifacts } from '../artifacts/settle-artifacts'
import type { BoxId } from '../ids'
import { dropSecrets } from '../jobs/job-secrets'
import { recordJobEvent } from '../jobs/transition'
import { countCut } from '../logs/cut-mark'
import type { AttemptRef } from './tokens'

/**
 * Closes an attempt for good, in the caller's transaction: its lease is freed, its log says `end`, its artifacts are final, and the
 * secrets of a job that is over are forgotten. The caller has made sure that the box is quiet (or that nothing was ever started)
 * and holds the job's row. A closed attempt is left as it is.
 * @returns false when it was closed already
 */
export async function closeAttempt(
  tx: Transaction<Database>,
  { jobId, attempt }: AttemptRef,
  closing: { by: ClosedBy; actor: string; data?: Record<string, unknown> },
): Promise<boolean> {
  const closed = await closeRows(tx, { jobId, attempt }, closing.by)
  if (!closed) return false
  if (closed.cutLines > 0) await countCut(tx, { jobId, attempt })
  await dropSecrets(tx, [jobId])
  const { counts: artifacts } = await settleArtifacts(tx, { jobId, attempt })
  const data = { by: closing.by, boxId: closed.boxId, artifacts, ...closing.data }
  await recordJobEvent(tx, jobId, { type: 'attempt_closed', actor: closing.actor, attempt, data })
  return true
}

/** Closes the attempt, frees its lease and ends its log, by one statement. */
async function closeRows(
  tx: Transaction<Database>,
  { jobId, attempt }: AttemptRef,
  by: ClosedBy,
): Promise<{ boxId: BoxId; cutLines: number } | undefined> {
  const { rows } = await sql<{ boxId: BoxId; cutLines: number }>`
    with closed as (
      update attempts set phase = 'closed', closed_by = ${by}, closed_at = clock_timestamp()
      where job_id = ${jobId} and attempt = ${attempt} and phase <> 'closed'
      returning job_id, attempt, box_id),
    freed as (
      delete from leases using closed where leases.job_id = closed.job_id and leases.attempt = closed.attempt),
    ended as (
      update log_heads set ended_at = clock_timestamp() from closed
      where log_heads.job_id = closed.job_id and log_heads.attempt = closed.attempt
      returning cut_lines)
    select box_id, coalesce((select cut_lines from ended), 0) as cut_lines from closed`.execute(tx)
  return rows[0]
}

/**
 * Locks an attempt's row. The job's row is locked first everywhere, so that two of us never wait for each other: rows of a join are
 * locked in the order in which `for update of` names their tables, and read as they are once they are locked.
 */
export async function lockAttempt(
  tx: Transaction<Database>,
  { jobId, attempt }: AttemptRef,
): Promise<Attempt | undefined> {
  return await tx
    .selectFrom('jobs')
    .innerJoin('attempts', 'attempts.jobId', 'jobs.id')
    .selectAll('attempts')
    .where('jobs.id', '=', jobId)
    .where('attempts.attempt', '=', attempt)
    .forUpdate(['jobs', 'attempts'])
    .executeTakeFirst()
}
