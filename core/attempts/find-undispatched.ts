import { sql } from 'kysely'
import type { Db } from '../../db/client'
import type { AttemptRef } from './tokens'

/** A worker dispatches what it has placed at once; only what still lies there after this was left behind. */
const LEFT_BEHIND_SECONDS = 3
/** A dispatch that somebody began this recently is left to them. */
export const IN_HAND_SECONDS = 30

/** Placed attempts that nobody dispatches: whoever placed them, or had them in hand, was stopped or killed. */
export async function findUndispatched(db: Db): Promise<AttemptRef[]> {
  return await db
    .selectFrom('attempts')
    .select(['jobId', 'attempt'])
    .where('phase', '=', 'placed')
    .where('launchedAt', 'is', null)
    .where('placedAt', '<=', sql<Date>`now() - ${LEFT_BEHIND_SECONDS} * interval '1 second'`)
    .where((eb) =>
      eb.or([
        eb('dispatchStartedAt', 'is', null),
        eb('dispatchStartedAt', '<', sql<Date>`now() - ${IN_HAND_SECONDS} * interval '1 second'`),
      ]),
    )
    .limit(200)
    .execute()
}
