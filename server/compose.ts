import { decode } from 'next-auth/jwt'
import { CallerWatch } from '../core/access/caller-watch'
import { deriveKeys, type Keys } from '../core/access/keys'
import type { OpenCookie } from '../core/access/session-cookie'
import { callBackTargets } from '../core/boxes/call-back'
import type { Fleet } from '../core/boxes/look-at-box'
import { readBoxCa } from '../core/channels/box-ca'
import { type Env, loadEnv } from '../core/env'
import type { LiveBus } from '../core/live/bus'
import { openPostgresBus } from '../core/live/postgres-bus'
import { openRedisBus } from '../core/live/redis-bus'
import { LogTails } from '../core/logs/log-tails'
import { PackedLogs } from '../core/logs/packed-logs'
import { openStore, type Store } from '../core/store/store'
import { type Db, openDatabase } from '../db/client'
import { SignInThrottle } from './auth/throttle'
import { type Log, openLog } from './log'
import { type Metrics, openMetrics } from './metrics'

/** Everything that the web process is made of. Passed on, never imported. */
export type Web = {
  env: Env
  db: Db
  bus: LiveBus
  store: Store
  packedLogs: PackedLogs
  logTails: LogTails
  callers: CallerWatch
  keys: Keys
  openCookie: OpenCookie
  /** What verbs need that talk to boxes. */
  fleet: Fleet
  log: Log
  metrics: Metrics
  signIns: SignInThrottle
  /** Where people reach this process, without a slash at the end. */
  publicUrl: string
  /** Aborted when the process is asked to stop: every open stream ends. */
  closing: AbortController
}

declare global {
  var stoutWeb: Web | undefined
}

/** The one composition of this process. Kept on globalThis, since Next gives each route a bundle of its own. */
export function web(): Web {
  globalThis.stoutWeb ??= compose(loadEnv())
  return globalThis.stoutWeb
}

/** Opens database, bus and log, and derives the keys. Nothing is waited for: a database that is away may come later. */
export function compose(env: Env): Web {
  const log = openLog(env.STOUT_LOG_LEVEL)
  const onError = (error: Error) => log.warn({ error: error.message }, 'lost an idle connection to Postgres')
  const db = openDatabase(env.DATABASE_URL, { name: 'stout-web', maxConnections: 20, onError })
  const keys = deriveKeys(env.STOUT_SECRET)
  const store = openStore(env)
  const packedLogs = new PackedLogs(store)
  return {
    env,
    db,
    bus: env.REDIS_URL ? openRedisBus(env.REDIS_URL) : openPostgresBus(env.DATABASE_URL, db),
    store,
    packedLogs,
    logTails: new LogTails({ db, packedLogs }),
    callers: new CallerWatch(db),
    keys,
    openCookie: decode,
    fleet: {
      ...{ keys, installation: env.STOUT_INSTALLATION, ca: readBoxCa(env.STOUT_BOX_CA) },
      callBacks: callBackTargets(env.STOUT_BOX_URL),
    },
    log,
    metrics: openMetrics(),
    signIns: new SignInThrottle(),
    publicUrl: env.STOUT_URL.replace(/\/+$/, ''),
    closing: new AbortController(),
  }
}

/** Ends every stream, then lets go of bus, store and database. */
export async function decompose({ closing, bus, store, db }: Web): Promise<void> {
  closing.abort()
  await bus.close()
  store.close()
  await db.destroy()
}
