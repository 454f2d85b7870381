import { sql, type Transaction } from 'kysely'
import type { Attempt, ClosedBy, Database } from '../../db/schema'
import { settleArtifacts } from '../artifacts/settle-artifacts'
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
  const closed = await tx
    .updateTable('attempts')
    .set({ phase: 'closed', closedBy: closing.by, closedAt: sql<Date>`clock_timestamp()` })
    .where('jobId', '=', jobId)
    .where('attempt', '=', attempt)
    .where('phase', '<>', 'closed')
    .returning('boxId')
    .executeTakeFirst()
  if (!closed) return false
  await tx.deleteFrom('leases').where('jobId', '=', jobId).where('attempt', '=', attempt).execute()
  await tx
    .updateTable('logHeads')
    .set({ endedAt: sql<Date>`clock_timestamp()` })
    .where('jobId', '=', jobId)
    .where('attempt', '=', attempt)
    .execute()
  await countCut(tx, { jobId, attempt })
  await dropSecrets(tx, [jobId])
  const { counts: artifacts } = await settleArtifacts(tx, { jobId, attempt })
  const data = { by: closing.by, boxId: closed.boxId, artifacts, ...closing.data }
  await recordJobEvent(tx, jobId, { type: 'attempt_closed', actor: closing.actor, attempt, data })
  return true
}

/** Locks an attempt's row. The job's row is locked first everywhere, so that two of us never wait for each other. */
export async function lockAttempt(
  tx: Transaction<Database>,
  { jobId, attempt }: AttemptRef,
): Promise<Attempt | undefined> {
  await tx.selectFrom('jobs').select('id').where('id', '=', jobId).forUpdate().execute()
  return await tx
    .selectFrom('attempts')
    .selectAll()
    .where('jobId', '=', jobId)
    .where('attempt', '=', attempt)
    .forUpdate()
    .executeTakeFirst()
}
