import { sql, type Transaction } from 'kysely'
import type { Db } from '../../db/client'
import type { Attempt, Database, EndedBy, Job } from '../../db/schema'
import { DomainError, NotFound } from '../errors'
import { jobCan } from '../jobs/state'
import { type Happening, recordJobEvent, transition } from '../jobs/transition'
import { lockAttempt } from './close-attempt'
import type { AttemptRef } from './tokens'

/** How a script ended. `exitCode` xor `signal`; neither when it could not be started, and then `error` says why. */
export type Exit = {
  exitCode: number | null
  signal: string | null
  endedBy: EndedBy
  durationMs: number
  error?: string | null
}

/**
 * Records the end of an attempt's script. The attempt always keeps it; the job moves only where it still may: a job that was
 * cancelled or timed out meanwhile stays so. A repetition is harmless.
 * @throws NotFound; DomainError `gone` when the attempt is closed, `conflict` when it was never claimed
 */
export async function recordExit(db: Db, ref: AttemptRef, exit: Exit): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const attempt = await lockAttempt(tx, ref)
    if (!attempt) throw new NotFound('attempt', `${ref.jobId}/${ref.attempt}`)
    if (attempt.phase === 'exited') return
    if (attempt.phase !== 'claimed') {
      throw new DomainError(
        attempt.phase === 'closed' ? 'gone' : 'conflict',
        `Attempt ${ref.attempt} is ${attempt.phase}.`,
      )
    }
    await tx
      .updateTable('attempts')
      .set({
        phase: 'exited',
        exitedAt: sql<Date>`clock_timestamp()`,
        endedBy: exit.endedBy,
        exitCode: exit.exitCode,
        signal: exit.signal,
        error: exit.error ?? null,
      })
      .where('jobId', '=', ref.jobId)
      .where('attempt', '=', ref.attempt)
      .execute()
    await moveJob(tx, ref, attempt, exit)
  })
}

async function moveJob(tx: Transaction<Database>, ref: AttemptRef, attempt: Attempt, exit: Exit): Promise<void> {
  const job = await tx.selectFrom('jobs').selectAll().where('id', '=', ref.jobId).executeTakeFirstOrThrow()
  const actor = `box:${attempt.boxId}`
  const { exitCode, signal, endedBy, durationMs } = exit
  const data = { exitCode, signal, endedBy, durationMs }
  const step = stepFor(job, exit, attempt.controlHeard < attempt.controlVersion)
  if (job.attempt !== ref.attempt || !jobCan(step.type, job.state)) {
    await recordJobEvent(tx, ref.jobId, { type: 'attempt_exited', actor, attempt: ref.attempt, data })
    return
  }
  await transition(tx, ref.jobId, { actor, attempt: ref.attempt, data, ...step })
}

/**
 * `exit` for a script that ended, `expire` for one that was ended by a clock.
 * @param pending the supervisor has not heard of what changed last: it went by an older deadline
 */
function stepFor(
  job: Job,
  { exitCode, signal, endedBy, error }: Exit,
  pending: boolean,
): Pick<Happening, 'type' | 'set'> {
  const facts = { exitCode, signal }
  if (endedBy === 'deadline') return { type: 'expire', set: { ...facts, error: deadlineText(job, pending) } }
  if (endedBy === 'no_output') {
    return { type: 'expire', set: { ...facts, error: `Printed nothing for ${job.noOutputTimeoutSeconds} s.` } }
  }
  return { type: 'exit', set: { ...facts, error: error ?? null } }
}

function deadlineText({ timeoutSeconds }: Job, pending: boolean): string {
  if (!pending) return `Ran longer than ${timeoutSeconds} s.`
  return `Ran out of time before its box knew that it may run ${timeoutSeconds} s.`
}
