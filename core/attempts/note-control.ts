import type { Db } from '../../db/client'
import { recordJobEvent } from '../jobs/transition'
import { lockAttempt } from './close-attempt'
import type { AttemptRef } from './tokens'

/**
 * A supervisor says which control state it acts by. What was pending until then (a moved deadline) is in force. Older versions than
 * known, and repetitions, change nothing.
 */
export async function noteControl(db: Db, ref: AttemptRef, version: number): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const attempt = await lockAttempt(tx, ref)
    if (!attempt || attempt.phase === 'closed') return
    const heard = Math.min(version, attempt.controlVersion)
    if (heard <= attempt.controlHeard) return
    await tx
      .updateTable('attempts')
      .set({ controlHeard: heard })
      .where('jobId', '=', ref.jobId)
      .where('attempt', '=', ref.attempt)
      .execute()
    if (attempt.phase !== 'claimed' || attempt.cancelReason !== null) return
    const { deadlineAt } = attempt
    const actor = `box:${attempt.boxId}`
    await recordJobEvent(tx, ref.jobId, { type: 'timeout_in_force', actor, attempt: ref.attempt, data: { deadlineAt } })
  })
}
