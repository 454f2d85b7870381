import { decode } from 'next-auth/jwt'
import { CallerWatch } from '../core/access/caller-watch'
import { deriveKeys } from '../core/access/keys'
import { answerHeaders } from '../core/answer-headers'
import { artifactLimits } from '../core/artifacts/limits'
import { readBoxCa } from '../core/channels/box-ca'
import { channels } from '../core/channels/open-channel'
import { loadShipped } from '../core/channels/shipped'
import type { Env } from '../core/env'
import { OUTBOX_CHANNEL } from '../core/events/record-events'
import type { OrgId } from '../core/ids'
import { listen } from '../core/live/listen'
import { openPostgresBus } from '../core/live/postgres-bus'
import { openRedisBus } from '../core/live/redis-bus'
import { LogTails } from '../core/logs/log-tails'
import { PackedLogs } from '../core/logs/packed-logs'
import { placeJobs } from '../core/placement/place-jobs'
import { openStore, type Store } from '../core/store/store'
import { type Db, openDatabase } from '../db/client'
import { ArtifactWakes } from './box-api/artifact-wakes'
import { LogWriter } from './box-api/log-writer'
import { Nonces } from './box-api/nonces'
import { serveBoxApi } from './box-api/server'
import { type Clock, startClock } from './clock'
import { deliverEvents } from './deliver'
import { type DispatchDeps, dispatch } from './dispatch'
import { openLog } from './log'
import { openMetrics } from './metrics'
import { openQueues } from './queues'
import { relayBatch } from './relay'
import { LogSockets } from './sockets/log-sockets'
import { type SweepParts, startSweeps } from './sweeps/start-sweeps'
import { tidy } from './tidy'

export type RunningWorker = { port: number; stop(): Promise<void> }

const RELAY_MS = 1_000
/** Work in hand gets so long to end when the worker stops. What is cut then another worker does again: no work here is the truth. */
const DRAIN_MS = 5_000
const CONCURRENCY = { place: 4, dispatch: 32, tidy: 4 }

/** The worker's composition root: box API, queues, relay and sweeps in one process, of which any number may run. */
export async function startWorker(env: Env, supervisorFolder: string): Promise<RunningWorker> {
  const shipped = loadShipped(supervisorFolder, readBoxCa(env.STOUT_BOX_CA))
  const log = openLog(env.STOUT_LOG_LEVEL)
  const onError = (error: Error) => log.warn({ error: error.message }, 'database connection')
  const db = openDatabase(env.DATABASE_URL, { name: 'stout-worker', maxConnections: 20, onError })
  const bus = env.REDIS_URL ? openRedisBus(env.REDIS_URL) : openPostgresBus(env.DATABASE_URL, db)
  const store = openStore(env)
  const keys = deriveKeys(env.STOUT_SECRET)
  const publicUrl = env.STOUT_URL.replace(/\/+$/, '')
  const queues = await openQueues(env, log)
  const metrics = openMetrics(db)
  const logWriter = new LogWriter(db, bus, { maxBytes: env.LOG_MAX_BYTES, maxLines: env.LOG_MAX_LINES }, metrics)
  const boxApi = await serveBoxApi(
    {
      ...{ db, bus, store, keys, logWriter, nonces: new Nonces(db), installation: env.STOUT_INSTALLATION },
      ...{ spoolBytes: env.SPOOL_BYTES, lockTtlSeconds: env.BOX_LOCK_TTL_SECONDS },
      ...{ artifactLimits: artifactLimits(env), artifactWakes: new ArtifactWakes(bus) },
      ...{ metrics, metricsToken: env.STOUT_METRICS_TOKEN },
      answerHeaders: new Map(Object.entries(answerHeaders(publicUrl))),
    },
    { host: env.STOUT_HOST, port: env.STOUT_WORKER_PORT },
    log,
    new LogSockets({
      db,
      bus,
      keys,
      log,
      publicUrl,
      proxies: env.STOUT_PROXIES,
      openCookie: decode,
      openSockets: metrics.openSockets,
      ...logReaders(db, store),
    }),
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
  const parts: SweepParts = { env, db, bus, store, queues, log, metrics, dispatching }
  startProcessors(parts)
  const clocks = [...startRelay(parts), ...startSweeps(parts)]
  log.info({ port: boxApi.port }, 'the worker listens')
  return {
    port: boxApi.port,
    async stop() {
      log.info('the worker stops')
      const inHand = Promise.all(clocks.map((clock) => clock.stop())).then(() => queues.close())
      if (!(await endsWithin(DRAIN_MS, inHand)))
        log.warn({ afterMs: DRAIN_MS }, 'leaving work in hand to other workers')
      await boxApi.close()
      await logWriter.drain()
      await bus.close()
      store.close()
      await db.destroy()
    },
  }
}

function logReaders(db: Db, store: Store) {
  const packedLogs = new PackedLogs(store)
  return { packedLogs, logTails: new LogTails({ db, packedLogs }), callers: new CallerWatch(db) }
}

/** False when `work` has not ended by then. */
async function endsWithin(limitMs: number, work: Promise<unknown>): Promise<boolean> {
  const late = Promise.withResolvers<false>()
  const timer = setTimeout(() => late.resolve(false), limitMs)
  try {
    return await Promise.race([work.then(() => true), late.promise])
  } finally {
    clearTimeout(timer)
  }
}

function startProcessors(parts: SweepParts): void {
  const { queues, dispatching } = parts
  queues.work('place', CONCURRENCY.place, ({ orgId }) => placeAndDispatch(parts, orgId))
  queues.work('dispatch', CONCURRENCY.dispatch, (ref) => dispatch(dispatching, ref))
  // an older worker's delivery names no refs: the box's lock then ends by its own limit
  queues.work('tidy', CONCURRENCY.tidy, async ({ refs = [] }) => {
    await Promise.all(refs.map((ref) => tidy(dispatching, ref)))
  })
}

/** Places jobs of an organisation, and dispatches what was placed at once, without waiting for it. */
async function placeAndDispatch(
  { db, log, metrics, dispatching }: Pick<SweepParts, 'db' | 'log' | 'metrics' | 'dispatching'>,
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

function startRelay(parts: SweepParts): Clock[] {
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
