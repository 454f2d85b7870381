import { sql, type Transaction } from 'kysely'
import type { Db } from '../../db/client'
import type { Attempt, Box, BoxIdentity, Bundle, Database, Job } from '../../db/schema'
import type { Keys } from '../access/keys'
import { recordBoxEvents } from '../boxes/box-events'
import { DomainError, NotFound } from '../errors'
import { readSecrets, type Secrets } from '../jobs/job-secrets'
import { transition } from '../jobs/transition'
import { closeAttempt, lockAttempt } from './close-attempt'
import { returnJob } from './return-job'
import type { AttemptRef } from './tokens'

/** What a claim is answered from. Nothing else ever holds a job's secrets. */
export type Claimed = {
  now: Date
  job: Job
  attempt: Attempt
  box: Box
  bundle: Pick<Bundle, 'sha256' | 'kind' | 'sizeBytes' | 'inline' | 'objectKey'>
  secrets: Secrets
}

/**
 * A supervisor asks whether it may start its script. One transaction: dispatching → running, nonce stored. The same nonce gets
 * the same answer (a lost answer is asked again). Everybody else leaves without touching anything.
 * @throws NotFound; DomainError `gone` (cancelled, returned, ended, or its secrets cannot be read: the job has failed then),
 *   `conflict` (another nonce, or another box than the one placed: that box is marked, and the job waits again)
 */
export async function claimAttempt(
  db: Db,
  keys: Keys,
  ref: AttemptRef,
  nonce: string,
  identity: BoxIdentity,
): Promise<Claimed> {
  const outcome = await db.transaction().execute(async (tx) => {
    const attempt = await lockAttempt(tx, ref)
    if (!attempt) throw new NotFound('attempt', `${ref.jobId}/${ref.attempt}`)
    if (attempt.phase === 'closed' || attempt.phase === 'exited') return gone(ref)
    if (attempt.nonce !== null && attempt.nonce !== nonce) {
      return new DomainError('conflict', `Attempt ${ref.attempt} of ${ref.jobId} was claimed by another supervisor.`)
    }
    const box = await tx
      .selectFrom('boxes')
      .selectAll()
      .where('id', '=', attempt.boxId)
      .forShare()
      .executeTakeFirstOrThrow()
    const isFirst = attempt.nonce === null
    if (isFirst && box.lagerBoxId !== null && box.lagerBoxId !== identity.lagerBoxId)
      return await refuseSwapped(tx, ref, box, identity)
    const secrets = await readSecrets(tx, keys, ref.jobId)
    if (secrets === 'unreadable') return await failUnreadable(tx, ref, box)
    const started = isFirst ? await start(tx, ref, box, nonce, identity) : await alreadyStarted(tx, ref)
    return { ...started, box, bundle: await bundleOf(tx, started.job), secrets }
  })
  if (outcome instanceof DomainError) throw outcome
  return outcome
}

function gone({ jobId, attempt }: AttemptRef): DomainError {
  return new DomainError('gone', `Attempt ${attempt} of ${jobId} is closed.`, { jobId, attempt })
}

type Started = Pick<Claimed, 'now' | 'job' | 'attempt'>

async function start(
  tx: Transaction<Database>,
  ref: AttemptRef,
  box: Box,
  nonce: string,
  identity: BoxIdentity,
): Promise<Started> {
  const attempt = await tx
    .updateTable('attempts')
    .from('jobs')
    .whereRef('jobs.id', '=', 'attempts.jobId')
    .set({
      phase: 'claimed',
      nonce,
      identity: JSON.stringify(identity),
      claimedAt: sql<Date>`clock_timestamp()`,
      deadlineAt: sql<Date>`clock_timestamp() + timeout_seconds * interval '1 second'`,
    })
    .where('attempts.jobId', '=', ref.jobId)
    .where('attempts.attempt', '=', ref.attempt)
    .returningAll('attempts')
    .returning(sql<Date>`clock_timestamp()`.as('now'))
    .executeTakeFirstOrThrow()
  const job = await transition(tx, ref.jobId, {
    type: 'start',
    actor: `box:${box.id}`,
    attempt: ref.attempt,
    set: attempt.deadlineAt ? { deadlineAt: attempt.deadlineAt } : {},
    data: { box: box.name, hostname: identity.hostname },
  })
  await tx.insertInto('logHeads').values(ref).execute()
  if (box.lagerBoxId === null && identity.lagerBoxId !== 'unknown') {
    await tx.updateTable('boxes').set({ lagerBoxId: identity.lagerBoxId }).where('id', '=', box.id).execute()
  }
  return { now: attempt.now, job, attempt }
}

async function alreadyStarted(tx: Transaction<Database>, ref: AttemptRef): Promise<Started> {
  const job = await tx.selectFrom('jobs').selectAll().where('id', '=', ref.jobId).executeTakeFirstOrThrow()
  const attempt = await tx
    .selectFrom('attempts')
    .selectAll()
    .select(sql<Date>`clock_timestamp()`.as('now'))
    .where('jobId', '=', ref.jobId)
    .where('attempt', '=', ref.attempt)
    .executeTakeFirstOrThrow()
  return { now: attempt.now, job, attempt }
}

async function bundleOf(tx: Transaction<Database>, { orgId, bundleSha256 }: Job): Promise<Claimed['bundle']> {
  return await tx
    .selectFrom('bundles')
    .select(['sha256', 'kind', 'sizeBytes', 'inline', 'objectKey'])
    .where('orgId', '=', orgId)
    .where('sha256', '=', bundleSha256)
    .executeTakeFirstOrThrow()
}

/** STOUT_SECRET was changed since the submission: nobody can tell the job's secrets any more, and without them it is another job. */
async function failUnreadable(tx: Transaction<Database>, ref: AttemptRef, box: Box): Promise<DomainError> {
  const error =
    'The secrets of the job cannot be read: STOUT_SECRET was changed since it was submitted. Submit it again.'
  const actor = `box:${box.id}`
  const set = { failureClass: 'internal' as const, error }
  await transition(tx, ref.jobId, { type: 'fail', actor, attempt: ref.attempt, set, data: { detail: error } })
  await closeAttempt(tx, ref, { by: 'fenced', actor })
  return gone(ref)
}

/** The address leads to another box than the one registered: nothing runs there until somebody has looked. */
async function refuseSwapped(
  tx: Transaction<Database>,
  ref: AttemptRef,
  box: Box,
  identity: BoxIdentity,
): Promise<DomainError> {
  const detail = `${box.name} was registered as ${box.lagerBoxId}, but ${identity.lagerBoxId} answered at its address`
  await tx
    .updateTable('boxes')
    .set({ identityMismatchAt: sql<Date>`now()`, foundBoxId: identity.lagerBoxId })
    .where('id', '=', box.id)
    .execute()
  const { lagerBoxId: found, hostname } = identity
  const data = { registered: box.lagerBoxId, found, hostname }
  await recordBoxEvents(tx, box, `box:${box.id}`, [{ type: 'identity_mismatch', data }])
  await returnJob(tx, ref, { kind: 'incompatible', detail })
  return new DomainError('conflict', `identity_mismatch: ${detail}`)
}
