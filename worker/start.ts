import { deriveKeys } from '../core/access/keys'
import { artifactLimits } from '../core/artifacts/limits'
import { findUndispatched } from '../core/attempts/find-undispatched'
import { beat, CONTACT_SECONDS } from '../core/attempts/presence'
import { callBackTargets } from '../core/boxes/call-back'
import { readBoxCa } from '../core/channels/box-ca'
import { channels } from '../core/channels/open-channel'
import { loadShipped } from '../core/channels/shipped'
import type { Env } from '../core/env'
import { OUTBOX_CHANNEL } from '../core/events/record-events'
import type { OrgId } from '../core/ids'
import {
  expireOverdue,
  giveUpOverdue,
  orgsThatWait,
  orgsWithRestedBoxes,
  returnUnclaimed,
} from '../core/jobs/sweep-jobs'
import type { LiveBus } from '../core/live/bus'
import { listen } from '../core/live/listen'
import { openPostgresBus } from '../core/live/postgres-bus'
import { openRedisBus } from '../core/live/redis-bus'
import { orgsToPlace, placeJobs, requestPlacement } from '../core/placement/place-jobs'
import { openStore, type Store } from '../core/store/store'
import { type Db, openDatabase } from '../db/client'
import { ArtifactWakes } from './box-api/artifact-wakes'
import { LogWriter } from './box-api/log-writer'
import { Nonces } from './box-api/nonces'
import { serveBoxApi } from './box-api/server'
import { type Clock, startClock } from './clock'
import { deliverEvents } from './deliver'
import { type DispatchDeps, dispatch } from './dispatch'
import { type Log, openLog } from './log'
import { type Metrics, openMetrics } from './metrics'
import { openQueues, type Queues } from './queues'
import { relayBatch } from './relay'
import { inspectDueBoxes } from './sweeps/inspect-boxes'
import { silenceSweep } from './sweeps/look-for-silent'
import { probeDueBoxes } from './sweeps/probe-boxes'
import { tidy } from './tidy'

export type RunningWorker = { port: number; stop(): Promise<void> }

const RELAY_MS = 1_000
const SILENCE_MS = 5_000
/** Looks overlap by this, so that a rest that ends between two of them is in one. */
const REST_OVERLAP_SECONDS = 1
const CONCURRENCY = { place: 4, dispatch: 32, tidy: 16 }

type Parts = {
  env: Env
  db: Db
  bus: LiveBus
  store: Store
  queues: Queues
  log: Log
  metrics: Metrics
  dispatching: DispatchDeps
}

/** The worker's composition root: box API, queues, relay and sweeps in one process, of which any number may run. */
export async function startWorker(env: Env, supervisorFolder: string): Promise<RunningWorker> {
  const shipped = loadShipped(supervisorFolder, readBoxCa(env.STOUT_BOX_CA))
  const log = openLog(env.STOUT_LOG_LEVEL)
  const onError = (error: Error) => log.warn({ error: error.message }, 'database connection')
  const db = openDatabase(env.DATABASE_URL, { name: 'stout-worker', maxConnections: 20, onError })
  const bus = env.REDIS_URL ? openRedisBus(env.REDIS_URL) : openPostgresBus(env.DATABASE_URL, db)
  const store = openStore(env)
  const keys = deriveKeys(env.STOUT_SECRET)
  const queues = await openQueues(env, log)
  const metrics = openMetrics(db)
  const logWriter = new LogWriter(db, bus, { maxBytes: env.LOG_MAX_BYTES, maxLines: env.LOG_MAX_LINES }, metrics)
  const boxApi = await serveBoxApi(
    {
      ...{ db, bus, store, keys, logWriter, nonces: new Nonces(db), installation: env.STOUT_INSTALLATION },
      ...{ spoolBytes: env.SPOOL_BYTES, lockTtlSeconds: env.BOX_LOCK_TTL_SECONDS },
      ...{ artifactLimits: artifactLimits(env), artifactWakes: new ArtifactWakes(bus) },
      ...{ metrics, metricsToken: env.STOUT_METRICS_TOKEN },
    },
    { host: env.STOUT_HOST, port: env.STOUT_WORKER_PORT },
    log,
  )
  const dispatching: DispatchDeps = {
    db,
    keys,
    log,
    metrics,
    channelTo: channels(db, keys, shipped),
    boxApiUrl: env.STOUT_BOX_URL.replace(/\/$/, ''),
    installation: env.STOUT_INSTALLATION,
    dispatchLimitSeconds: env.DISPATCH_LIMIT_SECONDS,
    lockTtlSeconds: env.BOX_LOCK_TTL_SECONDS,
    rest: { firstSeconds: env.BOX_REST_SECONDS, maxSeconds: env.BOX_REST_MAX_SECONDS, silentTries: 3 },
  }
  const parts: Parts = { env, db, bus, store, queues, log, metrics, dispatching }
  startProcessors(parts)
  const clocks = [...startRelay(parts), ...startSweeps(parts)]
  log.info({ port: boxApi.port }, 'the worker listens')
  return {
    port: boxApi.port,
    async stop() {
      log.info('the worker stops')
      await Promise.all(clocks.map((clock) => clock.stop()))
      await queues.close()
      await boxApi.close()
      await logWriter.drain()
      await bus.close()
      store.close()
      await db.destroy()
    },
  }
}

function startProcessors(parts: Parts): void {
  const { queues, dispatching } = parts
  queues.work('place', CONCURRENCY.place, ({ orgId }) => placeAndDispatch(parts, orgId))
  queues.work('dispatch', CONCURRENCY.dispatch, (ref) => dispatch(dispatching, ref))
  queues.work('tidy', CONCURRENCY.tidy, (ref) => tidy(dispatching, ref))
}

/** Places jobs of an organisation, and dispatches what was placed at once, without waiting for it. */
async function placeAndDispatch(
  { db, log, metrics, dispatching }: Pick<Parts, 'db' | 'log' | 'metrics' | 'dispatching'>,
  orgId: OrgId,
): Promise<void> {
  await placeJobs(db, orgId, (placed, tookMs) => {
    metrics.pass.observe(tookMs / 1_000)
    metrics.placed.inc(placed.length)
    for (const ref of placed) {
      dispatch(dispatching, ref).catch((error) =>
        log.warn({ ...ref, error: error.message }, 'dispatch failed; a sweep sees what was left'),
      )
    }
  })
}

function startRelay(parts: Parts): Clock[] {
  const { env, db, bus, queues, log, metrics } = parts
  const place = (orgId: OrgId) => {
    placeAndDispatch(parts, orgId).catch((error) =>
      log.warn({ orgId, error: error.message }, 'placement failed; a sweep asks again'),
    )
  }
  const deliver = deliverEvents({ db, bus, queues, log, place })
  const relay = startClock('relay', RELAY_MS, parts, async () => {
    const sent = await relayBatch(db, deliver)
    metrics.delivered.inc(sent)
    return sent > 0
  })
  const ear = listen(env.DATABASE_URL, [OUTBOX_CHANNEL], { notification: () => relay.nudge(), up: () => relay.nudge() })
  return [relay, { nudge: () => undefined, stop: () => ear.close() }]
}

function startSweeps(parts: Parts): Clock[] {
  const { env, db, dispatching } = parts
  const everyMs = env.SWEEP_SECONDS * 1_000
  const silence = {
    ...dispatching,
    silentAfterSeconds: env.ATTEMPT_SILENT_AFTER_SECONDS,
    lostAfterSeconds: env.ATTEMPT_LOST_AFTER_SECONDS,
    presenceGapSeconds: env.PRESENCE_GAP_SECONDS,
  }
  const lookForSilent = silenceSweep(silence)
  return [
    startClock('presence', everyMs, parts, async () => {
      await beat(db, env.PRESENCE_GAP_SECONDS)
      return false
    }),
    startClock('limits', everyMs, parts, async () => {
      await giveUpOverdue(db)
      await returnUnclaimed(db, env.DISPATCH_LIMIT_SECONDS, dispatching.rest)
      await expireOverdue(db, CONTACT_SECONDS, env.PRESENCE_GAP_SECONDS)
      return false
    }),
    startPlacementSweep(everyMs, parts),
    startClock('silence', Math.min(SILENCE_MS, 500 * env.ATTEMPT_SILENT_AFTER_SECONDS), parts, async () => {
      await lookForSilent()
      return false
    }),
    startClock(
      'probe',
      everyMs,
      parts,
      async () => (await probeDueBoxes({ ...silence, everySeconds: env.BOX_PROBE_SECONDS })) > 0,
    ),
    ...(env.BOX_INSPECT_SECONDS > 0 ? [startInspections(parts)] : []),
  ]
}

/** Asks for placement where a box has rested since the last look, and hands on what was placed or to be placed and left lying. */
function startPlacementSweep(everyMs: number, parts: Parts): Clock {
  const { db, queues } = parts
  let lookedAt: number | undefined
  return startClock('placement', everyMs, parts, async () => {
    const now = performance.now()
    // the first look of a process: rests may have ended while no worker ran
    const sinceSeconds = lookedAt !== undefined && (now - lookedAt) / 1_000 + REST_OVERLAP_SECONDS
    const orgs = sinceSeconds === false ? await orgsThatWait(db) : await orgsWithRestedBoxes(db, sinceSeconds)
    await requestPlacement(db, orgs)
    lookedAt = now
    for (const orgId of await orgsToPlace(db)) await queues.add('place', { orgId }, { id: `place-${orgId}` })
    for (const ref of await findUndispatched(db)) {
      await queues.add('dispatch', ref, { id: `dispatch-${ref.jobId}-${ref.attempt}` })
    }
    return false
  })
}

function startInspections(parts: Parts): Clock {
  const { env, dispatching } = parts
  const callBacks = callBackTargets(env.STOUT_BOX_URL)
  const deps = { ...dispatching, callBacks, everySeconds: env.BOX_INSPECT_SECONDS }
  return startClock('inspect', env.SWEEP_SECONDS * 1_000, parts, async () => (await inspectDueBoxes(deps)) > 0)
}
