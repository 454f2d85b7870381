import { sql } from 'kysely'
import type { Db } from '../../db/client'
import { askToCancel } from '../attempts/control'
import { type Refusal, type RestPolicy, returnJob } from '../attempts/return-job'
import type { AttemptRef } from '../attempts/tokens'
import type { JobId, OrgId } from '../ids'
import { WAITING_STATES } from './state'
import { transition, transitionMany } from './transition'

const BATCH = 200

/** Gives up jobs that waited longer than their queue limit: no_suitable_box, with the reasons they waited for. */
export async function giveUpOverdue(db: Db): Promise<number> {
  return await db.transaction().execute(async (tx) => {
    const overdue = await tx
      .selectFrom('jobs')
      .leftJoin('waitReasons', (join) =>
        join
          .onRef('waitReasons.orgId', '=', 'jobs.orgId')
          .onRef('waitReasons.requirementKey', '=', 'jobs.requirementKey'),
      )
      .select(['jobs.id', 'jobs.queueTimeoutSeconds', 'waitReasons.reasons'])
      .where('jobs.state', 'in', WAITING_STATES)
      .where('jobs.queueDeadlineAt', '<=', sql<Date>`now()`)
      .limit(BATCH)
      .execute()
    const outcomes = await transitionMany(
      tx,
      overdue.map(({ id: jobId, queueTimeoutSeconds, reasons }) => ({
        jobId,
        type: 'give_up' as const,
        actor: 'sweep:queue_limit',
        set: { error: `No suitable box was free within ${queueTimeoutSeconds} s.` },
        data: { reasons: reasons ?? [] },
      })),
    )
    return outcomes.filter((outcome) => 'job' in outcome).length
  })
}

/** Attempts placed so long ago that somebody should have claimed them: returned one by one, each in its own transaction. */
export async function returnUnclaimed(db: Db, limitSeconds: number, rest: RestPolicy): Promise<number> {
  const silent = await db
    .selectFrom('attempts')
    .select(['jobId', 'attempt'])
    .where('phase', '=', 'placed')
    .where('placedAt', '<=', sql<Date>`now() - ${limitSeconds} * interval '1 second'`)
    .limit(BATCH)
    .execute()
  const why: Refusal = { kind: 'silent', detail: `nothing claimed the attempt within ${limitSeconds} s` }
  for (const ref of silent) await db.transaction().execute((tx) => returnJob(tx, ref, why, rest))
  return silent.length
}

/**
 * Running jobs past their deadline whose supervisor is in contact but has not said so: timed out, and the supervisor is asked
 * to end the script. The supervisor's own clock comes first, hence the two seconds.
 * @param contactSeconds how fresh the contact must be; otherwise the lost limit decides
 */
export async function expireOverdue(db: Db, contactSeconds: number): Promise<number> {
  const overdue = await db
    .selectFrom('jobs')
    .innerJoin('logHeads', (join) =>
      join.onRef('logHeads.jobId', '=', 'jobs.id').onRef('logHeads.attempt', '=', 'jobs.attempt'),
    )
    .select(['jobs.id', 'jobs.attempt', 'jobs.timeoutSeconds'])
    .where('jobs.state', '=', 'running')
    .where('jobs.deadlineAt', '<=', sql<Date>`now() - interval '2 seconds'`)
    .where('logHeads.lastHeardAt', '>', sql<Date>`now() - ${contactSeconds} * interval '1 second'`)
    .limit(BATCH)
    .execute()
  for (const { id, attempt, timeoutSeconds } of overdue) await expire(db, { jobId: id, attempt }, timeoutSeconds)
  return overdue.length
}

async function expire(db: Db, ref: AttemptRef, timeoutSeconds: number): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const error = `Ran longer than ${timeoutSeconds} s.`
    const [outcome] = await transitionMany(tx, [{ ...ref, type: 'expire', actor: 'sweep:deadline', set: { error } }])
    if (outcome && 'job' in outcome) await askToCancel(tx, ref, error)
  })
}

/** Fails a job whose box or supervisor is gone. The attempt stays open until a reap has found the box quiet. */
export async function failLost(db: Db, ref: AttemptRef, error: string): Promise<void> {
  await db.transaction().execute((tx) =>
    transition(tx, ref.jobId, {
      type: 'fail',
      actor: 'sweep:lost',
      attempt: ref.attempt,
      set: { failureClass: 'box_lost', error },
    }),
  )
}

/** Organisations that have a job for which a box has just finished its rest. */
export async function orgsWithRestedBoxes(db: Db, withinSeconds: number): Promise<{ orgId: OrgId; jobId: JobId }[]> {
  return await db
    .selectFrom('boxRests')
    .innerJoin('jobs', 'jobs.id', 'boxRests.jobId')
    .select(['jobs.orgId', 'jobs.id as jobId'])
    .where('jobs.state', 'in', WAITING_STATES)
    .where('boxRests.untilAt', '<=', sql<Date>`now()`)
    .where('boxRests.untilAt', '>', sql<Date>`now() - ${withinSeconds} * interval '1 second'`)
    .execute()
}
