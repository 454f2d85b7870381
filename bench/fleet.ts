import { deriveKeys } from '../core/access/keys'
import { newId } from '../core/ids'
import type { SubmitCtx } from '../core/jobs/submit-job'
import { openStore } from '../core/store/store'
import { anOrg } from '../core/testing/fixtures'
import { aRedis } from '../core/testing/redis'
import { openDatabase } from '../db/client'
import { aStoreProcess } from '../embedded/object-store/testing/store'
import { anyPort } from '../embedded/ports'
import { type Started, startProgram } from '../worker/testing/processes'
import { aSimulatedBox, type LaunchFile } from './simulated-box'
import { storeSettings } from './store-settings'
import { withDatabase } from './throwaway'

export type Backend = 'pg' | 'redis'
/** What queues and live bus run on, as `openQueues` takes it. */
export type QueueEnv = { DATABASE_URL: string; REDIS_URL?: string | undefined }
/** A real worker process, Postgres, Redis and object store, and boxes that are simulated. */
export type Fleet = {
  ctx: SubmitCtx
  queueEnv: QueueEnv
  worker: Started
}
type Options = {
  boxes: number
  backend: Backend
  /** Plays the supervisor of what was launched on any box. */
  launched: (launch: LaunchFile) => void
  /** Measured before there is a worker that would take part. */
  before?: (queueEnv: QueueEnv) => Promise<void>
  /** A folder in which the worker writes a CPU profile when it ends. */
  profile?: string | undefined
}

const SECRET = 'a secret for benches only, of enough characters'

/** Starts the fleet on a durable Postgres of its own, runs `work`, and leaves nothing behind. */
export async function withFleet<T>(options: Options, work: (fleet: Fleet) => Promise<T>): Promise<T> {
  return await withDatabase(async (databaseUrl) => await onDatabase(databaseUrl, options, work), { durable: true })
}

async function onDatabase<T>(databaseUrl: string, options: Options, work: (fleet: Fleet) => Promise<T>): Promise<T> {
  await using stack = new AsyncDisposableStack()
  const redis = options.backend === 'redis' ? stack.use(await aRedis()) : undefined
  const queueEnv = { DATABASE_URL: databaseUrl, ...(redis && { REDIS_URL: redis.url }) }
  await options.before?.(queueEnv)
  const storeProcess = stack.use(await aStoreProcess())
  const port = await anyPort()
  const settings = {
    ...{ STOUT_URL: 'http://127.0.0.1:9', STOUT_BOX_URL: `http://127.0.0.1:${port}`, STOUT_SECRET: SECRET },
    ...{ STOUT_WORKER_PORT: String(port), STOUT_INSTALLATION: 'bench', BOX_INSPECT_SECONDS: '0' },
    ...queueEnv,
    ...storeProcess.env,
    ...(options.profile && { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${options.profile}` }),
  }
  const db = openDatabase(databaseUrl, { name: 'stout-bench', maxConnections: 10 })
  stack.defer(() => db.destroy())
  const store = stack.adopt(openStore(storeSettings(storeProcess.env)), (opened) => opened.close())
  const ctx = { ...(await anOrg(db)), keys: deriveKeys(SECRET), store }
  for (let n = 0; n < options.boxes; n++) await register(ctx, stack.use(await aSimulatedBox(options.launched)).port)
  const worker = stack.use(await startProgram('worker', [], settings, 'the worker listens'))
  return await work({ ctx, queueEnv, worker })
}

async function register({ db, orgId }: SubmitCtx, pythonPort: number): Promise<void> {
  const id = newId('box')
  await db
    .insertInto('boxes')
    .values({ id, orgId, name: id, host: '127.0.0.1', pythonPort, status: 'online' })
    .execute()
}
