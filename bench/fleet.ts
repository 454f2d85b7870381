import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { sql } from 'kysely'
import { endEverything } from '../box/supervisor/testing/processes'
import { deriveKeys, seal } from '../core/access/keys'
import type { Ctx } from '../core/context'
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
import type { BenchOptions } from './stats'
import { storeSettings } from './store-settings'
import { withDatabase } from './throwaway'

/** What queues and live bus run on, as `openQueues` takes it. */
export type QueueEnv = { DATABASE_URL: string; REDIS_URL?: string | undefined }
/** A real worker process, Postgres, Redis and object store, with an organisation of their own. */
export type Fleet = {
  ctx: SubmitCtx
  worker: Started
  /** For queues that no worker takes from, on the same server. */
  floorEnv: QueueEnv
}
/** Whose boxes they are. */
type Place = Pick<Ctx, 'db' | 'orgId'>
type Options = Pick<BenchOptions, 'backend' | 'profile'> & {
  /** Adds boxes before the worker starts; what it puts on the stack ends with the fleet. */
  addBoxes: (ctx: SubmitCtx, stack: AsyncDisposableStack) => Promise<void>
  /** Comes first, on the empty database. */
  before?: (databaseUrl: string) => Promise<void>
  /** Beside what every worker gets. */
  env?: Record<string, string>
}

const SECRET = 'a secret for benches only, of enough characters'
const BOX_TOKEN = 'box-token-of-benches'

/** Starts the fleet on a durable Postgres of its own, runs `work`, and leaves nothing behind. */
export async function withFleet<T>(options: Options, work: (fleet: Fleet) => Promise<T>): Promise<T> {
  return await withDatabase(async (databaseUrl) => await onDatabase(databaseUrl, options, work), { durable: true })
}

async function onDatabase<T>(databaseUrl: string, options: Options, work: (fleet: Fleet) => Promise<T>): Promise<T> {
  await using stack = new AsyncDisposableStack()
  const redis = options.backend === 'redis' ? stack.use(await aRedis()) : undefined
  const queueEnv = { DATABASE_URL: databaseUrl, ...(redis && { REDIS_URL: redis.url }) }
  await options.before?.(databaseUrl)
  const storeProcess = stack.use(await aStoreProcess())
  const port = await anyPort()
  const settings = {
    ...{ STOUT_URL: 'http://127.0.0.1:9', STOUT_BOX_URL: `http://127.0.0.1:${port}`, STOUT_SECRET: SECRET },
    ...{ STOUT_WORKER_PORT: String(port), STOUT_INSTALLATION: 'bench', BOX_INSPECT_SECONDS: '0' },
    ...queueEnv,
    ...storeProcess.env,
    ...options.env,
    ...(options.profile && { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${options.profile}` }),
  }
  const db = openDatabase(databaseUrl, { name: 'stout-bench', maxConnections: 10 })
  stack.defer(() => db.destroy())
  const store = stack.adopt(openStore(storeSettings(storeProcess.env)), (opened) => opened.close())
  const ctx = { ...(await anOrg(db)), keys: deriveKeys(SECRET), store }
  await options.addBoxes(ctx, stack)
  const worker = stack.use(await startProgram('worker', [], settings, 'the worker listens'))
  await sql`create database floor`.execute(db)
  const floorEnv = { DATABASE_URL: Object.assign(new URL(databaseUrl), { pathname: '/floor' }).href }
  const floorRedis = redis && stack.use(await aRedis())
  return await work({ ctx, worker, floorEnv: { ...floorEnv, ...(floorRedis && { REDIS_URL: floorRedis.url }) } })
}

/** Boxes that run nothing. @param launched plays the supervisor of what was launched on any of them */
export function simulatedBoxes(
  count: number,
  launched: (launch: LaunchFile) => void,
  labels: Record<string, string> = {},
): (ctx: Place, stack: AsyncDisposableStack) => Promise<void> {
  return async (ctx, stack) => {
    for (let n = 0; n < count; n++) await register(ctx, stack.use(await aSimulatedBox(launched)).port, null, labels)
  }
}

/** Real runtimes, each a process. */
export function realBoxes(count: number): Options['addBoxes'] {
  return async (ctx, stack) => {
    const dir = mkdtempSync(path.join(tmpdir(), 'stout-bench-boxes-'))
    stack.defer(() => rmSync(dir, { recursive: true, force: true }))
    for (let n = 0; n < count; n++) {
      const stateRoot = path.join(dir, `box-${n}`)
      const config = path.join(dir, `box-${n}.json`)
      const where = { host: '127.0.0.1', pythonPort: 0, httpPort: 0, stateRoot }
      const settings = { boxId: `box-${n}`, nets: [], token: BOX_TOKEN, niceness: 0, ...where }
      writeFileSync(config, JSON.stringify(settings))
      const runtime = stack.use(await startProgram('box', ['--config', config], {}, 'box listens'))
      stack.defer(() => endEverything(path.join(stateRoot, 'tmp'), crypto.randomUUID()))
      await register(ctx, Number(new URL(String(runtime.ready.pythonUrl)).port), seal(ctx.keys, BOX_TOKEN))
    }
  }
}

/** Adds a box on this machine to the organisation, online. */
export async function register(
  { db, orgId }: Place,
  pythonPort: number,
  tokenSealed: string | null = null,
  labels: Record<string, string> = {},
): Promise<void> {
  const id = newId('box')
  const of = { id, orgId, name: id, host: '127.0.0.1', pythonPort, tokenSealed, labels: JSON.stringify(labels) }
  await db
    .insertInto('boxes')
    .values({ ...of, status: 'online' })
    .execute()
}
