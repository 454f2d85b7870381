import type { Db } from '../../db/client'
import { DomainError, NotFound } from '../errors'
import { recordJobEvent } from '../jobs/transition'
import { lockAttempt } from './close-attempt'
import type { AttemptRef } from './tokens'

/** What an attempt does before its script runs. `cached`: an earlier attempt on that box had installed the same. */
export type Phase =
  | { event: 'dependencies_installing' }
  | { event: 'dependencies_installed'; durationMs: number; cached: boolean }
  | { event: 'dependencies_failed'; durationMs: number; error: string }

/**
 * Records a phase of an open attempt as an event of its job; nothing else depends on it. Each happens once in an attempt: a
 * repetition is harmless.
 * @throws NotFound; DomainError `gone` when the attempt is closed, `conflict` when it was never claimed
 */
export async function recordPhase(db: Db, ref: AttemptRef, { event: type, ...data }: Phase): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const attempt = await lockAttempt(tx, ref)
    if (!attempt) throw new NotFound('attempt', `${ref.jobId}/${ref.attempt}`)
    if (attempt.phase === 'closed') throw new DomainError('gone', `Attempt ${ref.attempt} is closed.`)
    if (attempt.phase === 'placed') throw new DomainError('conflict', `Attempt ${ref.attempt} was not claimed.`)
    const known = await tx
      .selectFrom('events')
      .select('seq')
      .where('subject', '=', ref.jobId)
      .where('attempt', '=', ref.attempt)
      .where('type', '=', type)
      .executeTakeFirst()
    if (known) return
    await recordJobEvent(tx, ref.jobId, { type, actor: `box:${attempt.boxId}`, attempt: ref.attempt, data })
  })
}
