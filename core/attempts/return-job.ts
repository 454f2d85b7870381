import { sql, type Transaction } from 'kysely'
import type { Database } from '../../db/schema'
import type { BoxId } from '../ids'
import { transition } from '../jobs/transition'
import { closeAttempt, lockAttempt } from './close-attempt'
import type { AttemptRef } from './tokens'

/** Why a box would not take an attempt. Shown to people as the reason that the job waits. */
export type Refusal =
  | { kind: 'locked'; holder: string }
  | { kind: 'unreachable' | 'unauthorised' | 'incompatible' | 'silent'; detail: string }

export type RestPolicy = { firstSeconds: number; maxSeconds: number; silentTries: number }
const DEFAULT_REST: RestPolicy = { firstSeconds: 5, maxSeconds: 60, silentTries: 3 }

/**
 * The box refused an attempt, or nobody claimed it in time: the attempt is fenced, its lease freed, and that box rests for this
 * job, twice as long each time. After `silentTries` silent tries in all the job fails (dispatch) instead of waiting again.
 * Does nothing when the attempt was claimed or closed meanwhile.
 */
export async function returnJob(
  tx: Transaction<Database>,
  ref: AttemptRef,
  why: Refusal,
  rest: RestPolicy = DEFAULT_REST,
): Promise<void> {
  const attempt = await lockAttempt(tx, ref)
  if (attempt?.phase !== 'placed') return
  const detail = why.kind === 'locked' ? `locked by ${why.holder}` : why.detail
  const silent = why.kind === 'silent'
  await restBox(tx, ref, attempt.boxId, { kind: why.kind, detail }, silent, rest)
  if (silent) await lookSoon(tx, attempt.boxId)
  const actor = `box:${attempt.boxId}`
  const happening = { actor, attempt: ref.attempt, data: { why: why.kind, detail, boxId: attempt.boxId } }
  if (silent && (await silentTries(tx, ref)) >= rest.silentTries) {
    const error = `No supervisor claimed the job in ${rest.silentTries} tries: ${detail}`
    await transition(tx, ref.jobId, { type: 'fail', ...happening, set: { failureClass: 'dispatch', error } })
  } else {
    await transition(tx, ref.jobId, { type: 'return', ...happening })
  }
  await closeAttempt(tx, ref, { by: 'fenced', actor })
}

async function restBox(
  tx: Transaction<Database>,
  { jobId }: AttemptRef,
  boxId: BoxId,
  why: { kind: string; detail: string },
  silent: boolean,
  rest: RestPolicy,
): Promise<void> {
  await tx
    .insertInto('boxRests')
    .values({
      jobId,
      boxId,
      silentTries: silent ? 1 : 0,
      untilAt: sql`now() + ${rest.firstSeconds} * interval '1 second'`,
      why: JSON.stringify(why),
    })
    .onConflict((oc) =>
      oc.columns(['jobId', 'boxId']).doUpdateSet((eb) => ({
        tries: eb('boxRests.tries', '+', 1),
        silentTries: eb('boxRests.silentTries', '+', eb.ref('excluded.silentTries')),
        untilAt: sql`now() + least(${rest.maxSeconds}, ${rest.firstSeconds} * power(2, box_rests.tries)) * interval '1 second'`,
        why: eb.ref('excluded.why'),
      })),
    )
    .execute()
}

/** A supervisor that cannot reach us is silent: the box is asked soon whether it can call back, and says why not. */
async function lookSoon(tx: Transaction<Database>, boxId: BoxId): Promise<void> {
  await tx.updateTable('boxes').set({ nextInspectionAt: sql<Date>`now()` }).where('id', '=', boxId).execute()
}

async function silentTries(tx: Transaction<Database>, { jobId }: AttemptRef): Promise<number> {
  const { sum } = await tx
    .selectFrom('boxRests')
    .select((eb) => eb.fn.coalesce(eb.fn.sum<number>('silentTries'), sql<number>`0`).as('sum'))
    .where('jobId', '=', jobId)
    .executeTakeFirstOrThrow()
  return Number(sum)
}
