import { sql, type Transaction } from 'kysely'
import type { Attempt, Database } from '../../db/schema'
import { lockAttempt } from '../attempts/close-attempt'
import type { AttemptRef } from '../attempts/tokens'
import { DomainError, NotFound } from '../errors'

/**
 * Locks an attempt that may speak of its artifacts: between its exit and its close.
 * @throws NotFound; DomainError `conflict` before the exit was told, `gone` after the close, when artifacts are final
 */
export async function openForUploads(tx: Transaction<Database>, ref: AttemptRef): Promise<Attempt> {
  const attempt = await lockAttempt(tx, ref)
  if (!attempt) throw new NotFound('attempt', `${ref.jobId}/${ref.attempt}`)
  if (attempt.phase === 'exited') return attempt
  throw attempt.phase === 'closed'
    ? new DomainError('gone', 'The attempt is closed; its artifacts are final.')
    : new DomainError('conflict', 'Say exit before artifacts.', { phase: attempt.phase })
}

/** Something moved: the upload limit counts from now. A mere repetition is no progress. */
export async function uploadsMoved(tx: Transaction<Database>, { jobId, attempt }: AttemptRef): Promise<void> {
  await tx
    .updateTable('attempts')
    .set({ uploadHeardAt: sql<Date>`clock_timestamp()` })
    .where('jobId', '=', jobId)
    .where('attempt', '=', attempt)
    .execute()
}
