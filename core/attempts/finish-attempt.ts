import type { Transaction } from 'kysely'
import type { Db } from '../../db/client'
import type { Attempt, Database } from '../../db/schema'
import { settleArtifacts, whatWasNotKept } from '../artifacts/settle-artifacts'
import { DomainError, NotFound } from '../errors'
import { transition, transitionMany } from '../jobs/transition'
import { LogGap } from '../logs/append-lines'
import { closeAttempt, lockAttempt } from './close-attempt'
import type { AttemptRef } from './tokens'

/**
 * A supervisor says that its box is quiet, every line was acknowledged and every artifact settled: the attempt closes, and the
 * job completes, or fails as its exit or its artifacts say. A repetition is harmless.
 * @param lastN number of the last line it wrote
 * @throws NotFound; LogGap when lines are missing; DomainError `conflict` before the exit is known
 */
export async function finishAttempt(db: Db, ref: AttemptRef, lastN: number, leftovers: string[]): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const attempt = await lockAttempt(tx, ref)
    if (!attempt) throw new NotFound('attempt', `${ref.jobId}/${ref.attempt}`)
    if (attempt.phase === 'closed') return
    if (attempt.phase !== 'exited') throw new DomainError('conflict', 'Say exit before done.', { phase: attempt.phase })
    const head = await tx
      .selectFrom('logHeads')
      .select('ackedN')
      .where('jobId', '=', ref.jobId)
      .where('attempt', '=', ref.attempt)
      .forUpdate()
      .executeTakeFirst()
    if ((head?.ackedN ?? 0) < lastN) throw new LogGap((head?.ackedN ?? 0) + 1)
    await endJob(tx, ref, attempt)
    const data = { lines: lastN, leftovers }
    await closeAttempt(tx, ref, { by: 'done', actor: `box:${attempt.boxId}`, data })
  })
}

/**
 * A reap found the box quiet after the supervisor was gone: the attempt closes. Where the end of the script became known, be it
 * by the reap, the job gets the verdict that it would have got; otherwise the box lost it.
 * @param why for people
 */
export async function closeReaped(db: Db, ref: AttemptRef, why: string, data: Record<string, unknown>): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const attempt = await lockAttempt(tx, ref)
    if (!attempt || attempt.phase === 'closed') return
    if (attempt.phase === 'exited') await endJob(tx, ref, attempt)
    else {
      const error = `The box lost the job: ${why}.`
      const set = { failureClass: 'box_lost' as const, error }
      await transitionMany(tx, [{ ...ref, type: 'fail', actor: 'sweep:lost', set, data: { detail: error } }])
    }
    await closeAttempt(tx, ref, { by: 'reaped', actor: `box:${attempt.boxId}`, data: { ...data, verdict: why } })
  })
}

/** Gives the job its verdict, if it still waits for one. A failed script comes before artifacts that were not kept. */
async function endJob(tx: Transaction<Database>, ref: AttemptRef, attempt: Attempt): Promise<void> {
  const job = await tx
    .selectFrom('jobs')
    .select(['state', 'attempt'])
    .where('id', '=', ref.jobId)
    .executeTakeFirstOrThrow()
  if (job.state !== 'uploading_artifacts' || job.attempt !== ref.attempt) return
  const happening = { actor: `box:${attempt.boxId}`, attempt: ref.attempt }
  const notKept = whatWasNotKept(await settleArtifacts(tx, ref))
  if (!hasSucceeded(attempt)) {
    const error = [verdict(attempt), notKept].filter(Boolean).join(' ')
    await transition(tx, ref.jobId, { type: 'fail', ...happening, set: { failureClass: 'script', error } })
  } else if (notKept !== undefined) {
    await transition(tx, ref.jobId, { type: 'fail', ...happening, set: { failureClass: 'artifacts', error: notKept } })
  } else {
    await transition(tx, ref.jobId, { type: 'complete', ...happening })
  }
}

/** True if the script itself ended, and well. */
export function hasSucceeded({ exitCode, endedBy }: Pick<Attempt, 'exitCode' | 'endedBy'>): boolean {
  return exitCode === 0 && endedBy === 'script'
}

/** Why a script has failed, for people. */
export function verdict({
  exitCode,
  signal,
  error,
  endedBy,
}: Pick<Attempt, 'exitCode' | 'signal' | 'error' | 'endedBy'>): string {
  if (error !== null) return error
  if (signal !== null)
    return `The script was ended by ${signal}${endedBy === 'outside' ? ', sent by itself or by somebody else on the box' : ''}.`
  return `The script exited with code ${exitCode}.`
}
