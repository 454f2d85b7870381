import { sql } from 'kysely'
import type { Db } from '../../db/client'
import type { Attempt } from '../../db/schema'
import type { BoxId } from '../ids'
import type { AttemptRef } from './tokens'

/** What a reap must know of an attempt to find what is left of it on its box. */
export type OnBox = Pick<Attempt, 'jobId' | 'attempt' | 'boxId' | 'processId' | 'nonce'> & {
  /** False when its hold of the box was given to another attempt: then nothing may be ended there. */
  alone: boolean
}

/** `OnBox.alone` of the attempt `a` of a query. */
export const ALONE = sql<boolean>`
  (exists (select from leases l where l.box_id = a.box_id and l.job_id = a.job_id and l.attempt = a.attempt)
    or not exists (select from attempts o where o.box_id = a.box_id and o.phase in ('claimed', 'exited')
      and (o.job_id, o.attempt) <> (a.job_id, a.attempt)))`

/** The attempt, when it was placed on this box and is over as far as Stout knows. */
export async function findClosedOn(db: Db, boxId: BoxId, { jobId, attempt }: AttemptRef): Promise<OnBox | undefined> {
  return await db
    .selectFrom('attempts as a')
    .select(['jobId', 'attempt', 'boxId', 'processId', 'nonce', ALONE.as('alone')])
    .where('jobId', '=', jobId)
    .where('attempt', '=', attempt)
    .where('boxId', '=', boxId)
    .where('phase', '=', 'closed')
    .executeTakeFirst()
}
