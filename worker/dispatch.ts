import { sql } from 'kysely'
import type { Keys } from '../core/access/keys'
import { IN_HAND_SECONDS } from '../core/attempts/find-undispatched'
import { type Refusal, type RestPolicy, returnJob } from '../core/attempts/return-job'
import { type AttemptRef, mintClaimToken } from '../core/attempts/tokens'
import type { Channel, Launched } from '../core/channels/channel'
import type { ChannelTo } from '../core/channels/open-channel'
import { requestOf } from '../core/events/request-of'
import type { JobId } from '../core/ids'
import type { Db } from '../db/client'
import type { Attempt } from '../db/schema'
import type { Log } from './log'
import type { Metrics } from './metrics'

export type DispatchDeps = {
  db: Db
  channelTo: ChannelTo
  keys: Keys
  log: Log
  metrics: Pick<Metrics, 'dispatch'>
  boxApiUrl: string
  installation: string
  dispatchLimitSeconds: number
  lockTtlSeconds: number
  rest: RestPolicy
}

/** Who we are on the boxes' advisory locks. */
export const lockUser = (installation: string, { jobId, attempt }: AttemptRef) =>
  `stout:${installation}:${jobId}:${attempt}`

/**
 * Delivers launcher and supervisor of a placed attempt. The row in Postgres says what to do, so a late, doubled or retried
 * delivery is harmless. Ends when the launcher was delivered or the box said no. Where the answer was lost nothing is decided
 * here: the supervisor claims the attempt, or the dispatch limit returns the job.
 */
export async function dispatch(deps: DispatchDeps, ref: AttemptRef): Promise<void> {
  const { db, log, installation } = deps
  const open = await takeUnclaimed(db, ref)
  if (!open) return // cancelled, returned, claimed, launched, or in another's hands
  const timed = deps.metrics.dispatch.startTimer()
  const channel = await deps.channelTo(open.boxId)
  const launched = await startOn(channel, deps, ref, open)
  timed({ outcome: launched.kind })
  log.info({ ...ref, boxId: open.boxId, requestId: open.requestId, ...launched }, 'dispatched')
  if (launched.kind === 'refused') await db.transaction().execute((tx) => returnJob(tx, ref, launched.why, deps.rest))
  const stillOpen = await markLaunched(db, ref, launched)
  if (!stillOpen) await channel.unlock(lockUser(installation, ref)) // it was given up while we talked
}

async function startOn(channel: Channel, deps: DispatchDeps, ref: AttemptRef, open: Attempt): Promise<Launched> {
  const launch = {
    ...ref,
    processId: open.processId,
    claimToken: mintClaimToken(deps.keys, ref),
    boxApiUrl: deps.boxApiUrl,
    installation: deps.installation,
    giveUpSeconds: deps.dispatchLimitSeconds,
    lock: { user: lockUser(deps.installation, ref), ttlSeconds: deps.lockTtlSeconds },
  }
  const launched = await channel.start(launch)
  if (launched.kind !== 'refused' || !(await isLeftOver(deps, launched.why))) return launched
  await channel.unlock((launched.why as { holder: string }).holder)
  return await channel.start(launch)
}

/** True if the box is locked by an attempt of ours that has closed: its lock is released by its own name, never forced. */
async function isLeftOver({ db, installation }: DispatchDeps, why: Refusal): Promise<boolean> {
  if (why.kind !== 'locked') return false
  const [stout, whose, jobId, attempt] = why.holder.split(':')
  if (stout !== 'stout' || whose !== installation || !jobId) return false
  const holder = await db
    .selectFrom('attempts')
    .select('phase')
    .where('jobId', '=', jobId as JobId)
    .where('attempt', '=', Number(attempt))
    .executeTakeFirst()
  return holder === undefined || holder.phase === 'closed'
}

/** Takes a placed attempt in hand, unless somebody has just done so; with the id of the request that submitted its job. */
async function takeUnclaimed(
  db: Db,
  { jobId, attempt }: AttemptRef,
): Promise<(Attempt & { requestId: string | null }) | undefined> {
  return await db
    .updateTable('attempts')
    .set({ dispatchStartedAt: sql<Date>`now()`, boxLocked: true })
    .where('jobId', '=', jobId)
    .where('attempt', '=', attempt)
    .where('phase', '=', 'placed')
    .where('launchedAt', 'is', null)
    .where((eb) =>
      eb.or([
        eb('dispatchStartedAt', 'is', null),
        eb('dispatchStartedAt', '<', sql<Date>`now() - ${IN_HAND_SECONDS} * interval '1 second'`),
      ]),
    )
    .returningAll()
    .returning(requestOf(jobId).as('requestId'))
    .executeTakeFirst()
}

/** Notes that the launcher arrived. Returns false when the attempt has closed meanwhile. */
async function markLaunched(db: Db, { jobId, attempt }: AttemptRef, launched: Launched): Promise<boolean> {
  const open = await db
    .updateTable('attempts')
    .set(launched.kind === 'launched' ? { launchedAt: sql<Date>`now()` } : { boxLocked: true })
    .where('jobId', '=', jobId)
    .where('attempt', '=', attempt)
    .where('phase', '<>', 'closed')
    .returning('attempt')
    .executeTakeFirst()
  return open !== undefined
}
