import { sql, type Transaction } from 'kysely'
import type { Db } from '../../db/client'
import type { Attempt, Database } from '../../db/schema'
import type { AttemptRef } from './tokens'

/** What a supervisor is told besides its claim: always the whole state, so that no message matters. */
export type ControlState = {
  version: number
  cancel: { reason: string } | null
  stop: { reason: string } | null
  remainingSeconds: number | null
}

/** The control state of an attempt as its supervisor reads it. `remainingSeconds` counts from `now`. */
export function controlState(
  attempt: Pick<Attempt, 'controlVersion' | 'cancelReason' | 'stopReason' | 'deadlineAt'>,
  now: Date,
): ControlState {
  const { controlVersion: version, cancelReason, stopReason, deadlineAt } = attempt
  return {
    version,
    cancel: cancelReason === null ? null : { reason: cancelReason },
    stop: stopReason === null ? null : { reason: stopReason },
    remainingSeconds: deadlineAt ? (deadlineAt.getTime() - now.getTime()) / 1000 : null,
  }
}

/** Asks the supervisor of an open attempt to end its script: SIGTERM, SIGKILL after the job's grace. */
export async function askToCancel(
  tx: Transaction<Database>,
  { jobId, attempt }: AttemptRef,
  reason: string,
): Promise<void> {
  await tx
    .updateTable('attempts')
    .set((eb) => ({ cancelReason: reason, controlVersion: eb('controlVersion', '+', 1) }))
    .where('jobId', '=', jobId)
    .where('attempt', '=', attempt)
    .where('phase', '=', 'claimed')
    .where('cancelReason', 'is', null)
    .execute()
}

/** Tells the supervisor of an attempt whose script has ended to give up what it still does: it uploads nothing more. */
export async function askToStop(
  tx: Transaction<Database>,
  { jobId, attempt }: AttemptRef,
  reason: string,
): Promise<void> {
  await tx
    .updateTable('attempts')
    .set((eb) => ({ stopReason: reason, controlVersion: eb('controlVersion', '+', 1) }))
    .where('jobId', '=', jobId)
    .where('attempt', '=', attempt)
    .where('phase', '=', 'exited')
    .where('stopReason', 'is', null)
    .execute()
}

/** Reads an attempt, and the time by the database's clock: the one that its instants are of. */
export async function getAttempt(
  db: Db | Transaction<Database>,
  { jobId, attempt }: AttemptRef,
): Promise<(Attempt & { now: Date }) | undefined> {
  return await db
    .selectFrom('attempts')
    .selectAll()
    .select(sql<Date>`clock_timestamp()`.as('now'))
    .where('jobId', '=', jobId)
    .where('attempt', '=', attempt)
    .executeTakeFirst()
}
