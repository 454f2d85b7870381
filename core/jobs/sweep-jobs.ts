import { sql, type Transaction } from 'kysely'
import type { Db } from '../../db/client'
import type { Database } from '../../db/schema'
import { askToCancel } from '../attempts/control'
import { PRESENCE_GAP_SECONDS } from '../attempts/presence'
import { type Refusal, type RestPolicy, returnJob } from '../attempts/return-job'
import type { AttemptRef } from '../attempts/tokens'
import type { JobId, OrgId } from '../ids'
import { WAITING_STATES } from './state'
import { transition, transitionMany } from './transition'

const BATCH = 200
/** The supervisor's own clock comes first; with the pace of the sweep a job is over within 2 s of its deadline. */
const SUPERVISOR_FIRST_SECONDS = 0.5

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
 * to end the script. The supervisor's own clock comes first, hence the margin; and hence their time counts here only from
 * the moment that the box API began to listen: a deadline that passed in an outage of ours, or because the database clock was
 * put forward, is left to the supervisor.
 * @param contactSeconds how fresh the contact must be; otherwise the lost limit decides
 */
export async function expireOverdue(
  db: Db,
  contactSeconds: number,
  gapSeconds = PRESENCE_GAP_SECONDS,
): Promise<number> {
  const overdue = await findOverdue(db, contactSeconds, gapSeconds)
  for (const { jobId } of overdue) {
    await db.transaction().execute(async (tx) => {
      await tx.selectFrom('jobs').select('id').where('id', '=', jobId).forUpdate().execute()
      // asked again now that nobody can move the deadline: somebody may just have done so
      const [still] = await findOverdue(tx, contactSeconds, gapSeconds, jobId)
      if (still) await expire(tx, still)
    })
  }
  return overdue.length
}

type Overdue = AttemptRef & { timeoutSeconds: number }

async function findOverdue(
  db: Db | Transaction<Database>,
  contactSeconds: number,
  gapSeconds: number,
  only?: JobId,
): Promise<Overdue[]> {
  const { rows } = await sql<Overdue>`
    select j.id as job_id, j.attempt, j.timeout_seconds
    from jobs j
    join attempts a on a.job_id = j.id and a.attempt = j.attempt
    join log_heads h on h.job_id = j.id and h.attempt = j.attempt
    cross join box_api_presence p
    where j.state = 'running' ${only === undefined ? sql`` : sql`and j.id = ${only}`}
      and greatest(a.claimed_at, p.listening_since_at) + (j.deadline_at - a.claimed_at) <= now() - ${SUPERVISOR_FIRST_SECONDS} * interval '1 second'
      and h.last_heard_at > now() - ${contactSeconds} * interval '1 second'
      and p.last_beat_at > now() - ${gapSeconds} * interval '1 second'
    limit ${BATCH}`.execute(db)
  return rows
}

async function expire(tx: Transaction<Database>, { timeoutSeconds, ...ref }: Overdue): Promise<void> {
  const error = `Ran longer than ${timeoutSeconds} s.`
  const data = { endedBy: 'deadline' }
  await transition(tx, ref.jobId, { ...ref, type: 'expire', actor: 'sweep:deadline', set: { error }, data })
  await askToCancel(tx, ref, error)
}

/**
 * Fails a job that was not heard of for longer than the lost limit. The attempt stays open until its box is known to be quiet:
 * should its supervisor come back, it is told to end the script. A job that is over already stays as it is.
 * @param unlessHeardWithinSeconds nothing happens when the attempt was heard of in this time: it came back meanwhile
 */
export async function failLost(
  db: Db,
  ref: AttemptRef,
  error: string,
  unlessHeardWithinSeconds?: number,
): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await tx.selectFrom('jobs').select('id').where('id', '=', ref.jobId).forUpdate().execute()
    if (unlessHeardWithinSeconds !== undefined && (await wasHeard(tx, ref, unlessHeardWithinSeconds))) return
    await transitionMany(tx, [
      { ...ref, type: 'fail', actor: 'sweep:lost', set: { failureClass: 'box_lost', error }, data: { detail: error } },
    ])
    await askToCancel(tx, ref, error)
  })
}

async function wasHeard(tx: Transaction<Database>, { jobId, attempt }: AttemptRef, seconds: number): Promise<boolean> {
  const heard = await tx
    .selectFrom('logHeads')
    .select('jobId')
    .where('jobId', '=', jobId)
    .where('attempt', '=', attempt)
    .where('lastHeardAt', '>', sql<Date>`now() - ${seconds} * interval '1 second'`)
    .where('lastHeardAt', '<=', sql<Date>`now()`)
    .executeTakeFirst()
  return heard !== undefined
}

/** Organisations that have a job which waits for a box. */
export async function orgsThatWait(db: Db): Promise<OrgId[]> {
  const waiting = await db.selectFrom('jobs').select('orgId').distinct().where('state', 'in', WAITING_STATES).execute()
  return waiting.map(({ orgId }) => orgId)
}

/** Organisations that have a job for which a box finished its rest within the last `withinSeconds`. */
export async function orgsWithRestedBoxes(db: Db, withinSeconds: number): Promise<OrgId[]> {
  const rested = await db
    .selectFrom('boxRests')
    .innerJoin('jobs', 'jobs.id', 'boxRests.jobId')
    .select('jobs.orgId')
    .distinct()
    .where('jobs.state', 'in', WAITING_STATES)
    .where('boxRests.untilAt', '<=', sql<Date>`now()`)
    .where('boxRests.untilAt', '>', sql<Date>`now() - ${withinSeconds} * interval '1 second'`)
    .execute()
  return rested.map(({ orgId }) => orgId)
}
