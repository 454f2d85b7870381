import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { newToken } from '../core/access/api-tokens'
import { openStore, type Store } from '../core/store/store'
import { type Db, openDatabase } from '../db/client'
import { migrateToLatest } from '../db/migrate'
import { build } from '../embedded/build'
import { Children } from '../embedded/children'
import { anyPort } from '../embedded/ports'
import { startPostgres } from '../embedded/postgres'
import { StateFolder } from '../embedded/state'
import { aProxy, type Proxy as BreakableLine } from '../worker/testing/proxy'
import { type Api, apiOf } from './api'
import type { SmallDisk } from './disks'
import { allOnline, anOrganisation, type ChaosBox, onDisk, someBoxes } from './fleet'
import { Processes } from './processes'

const SECRET = 'a secret for chaos alone, long enough'
const STORE_MEGABYTES = 4_000
/** Limits that are minutes in life are seconds here. */
const LIMITS = {
  ATTEMPT_LOST_AFTER_SECONDS: '25',
  ATTEMPT_SILENT_AFTER_SECONDS: '12',
  PRESENCE_GAP_SECONDS: '5',
  DISPATCH_LIMIT_SECONDS: '20',
  BOX_REST_SECONDS: '0.5',
  BOX_REST_MAX_SECONDS: '4',
  BOX_LOCK_TTL_SECONDS: '30',
  BOX_PROBE_SECONDS: '2',
  BOX_INSPECT_SECONDS: '0',
  SWEEP_SECONDS: '0.5',
  LOG_PACK_AFTER_SECONDS: '3',
}

export type Backend = 'pg' | 'redis'
export type LineName = 'box to worker' | 'worker to box' | 'box to store' | 'worker to store' | 'worker to Postgres'
/** The real system on ports of its own: two web processes, two workers, boxes, and lines between them that can be broken. */
export type ChaosSystem = AsyncDisposable & {
  dir: string
  /** Where jobs write down what they did. */
  truth: string
  /** Folders of temporary files that should be empty in the end: those of webs, workers and store. */
  tmp: string[]
  /** Database and store, past every broken line. */
  db: Db
  store: Store
  children: Children
  boxes: ChaosBox[]
  storeDisk: SmallDisk | null
  lines: Partial<Record<LineName | 'worker to Redis', BreakableLine[]>>
  postgres: { pid: () => number; startAgain: () => Promise<void> }
  /** What the queues are on, past every broken line. */
  queues: { DATABASE_URL: string; REDIS_URL?: string }
  ports: { web: number[]; worker: number[] }
  token: string
  api: Api
}

/** Starts it all below `dir` and returns once it takes jobs. */
export async function startSystem(dir: string, backend: Backend, say: (line: string) => void): Promise<ChaosSystem> {
  await using stack = new AsyncDisposableStack()
  const state = new StateFolder(dir)
  await state.hold()
  stack.defer(() => state.release())
  const truth = path.join(dir, 'truth')
  mkdirSync(truth, { recursive: true })

  const postgres = await aDatabase(stack, dir)
  const children = new Children(state, say)
  const processes = new Processes(dir, children, await build())
  stack.defer(() => children.stop(processes.names, 10_000))
  const ports = { web: await twoPorts(), worker: await twoPorts(), store: await anyPort(), redis: await anyPort() }
  const lines = await betweenProcesses(stack, ports, postgres.port)
  const objects = path.join(dir, 'objects')
  const storeDisk = onDisk(stack, objects, STORE_MEGABYTES)
  const env = { ...LIMITS, ...addresses(ports, lines, postgres.url(), backend) }

  if (backend === 'redis') processes.redis(ports.redis)
  processes.store(objects, ports.store, env)
  for (const [index, port] of ports.worker.entries()) processes.worker(`worker-${index + 1}`, port, env)
  for (const [index, port] of ports.web.entries()) processes.web(`web-${index + 1}`, port, env)
  const { boxes, toBoxes } = await someBoxes(stack, dir, processes)

  const direct = { ...env, S3_ENDPOINT: `http://127.0.0.1:${ports.store}`, S3_PUBLIC_ENDPOINT: undefined }
  const store = stack.adopt(openStore(direct), (opened) => opened.close())
  const token = await anOrganisation(postgres.db, SECRET, boxes, toBoxes)
  const api = apiOf(ports.web, token)
  await allOnline(api)
  const { toRedis, ...others } = lines
  const whole = stack.move()
  return {
    ...{ dir, truth, db: postgres.db, store, children, boxes, storeDisk, api, postgres },
    tmp: [...['worker-1', 'worker-2', 'web-1', 'web-2'].map((name) => processes.tmp(name)), path.join(objects, 'tmp')],
    lines: {
      'box to worker': [others.toWorker],
      'worker to box': toBoxes,
      'box to store': [others.boxToStore],
      'worker to store': [others.workerToStore],
      'worker to Postgres': [others.toPostgres],
      ...(backend === 'redis' && { 'worker to Redis': [toRedis] }),
    },
    queues: {
      DATABASE_URL: postgres.url(),
      ...(backend === 'redis' && { REDIS_URL: `redis://127.0.0.1:${ports.redis}` }),
    },
    ports,
    token,
    [Symbol.asyncDispose]: () => whole.disposeAsync(),
  }
}

type Ports = { web: number[]; worker: number[]; store: number; redis: number }
type Lines = Awaited<ReturnType<typeof betweenProcesses>>

const twoPorts = async () => [await anyPort(), await anyPort()]

async function aDatabase(stack: AsyncDisposableStack, dir: string) {
  const dataDir = path.join(dir, 'postgres')
  let running = await startPostgres({ dataDir, preferredPort: 0 })
  stack.defer(() => running.stop())
  await migrateToLatest(running.url)
  const db = stack.adopt(openDatabase(running.url, { name: 'chaos' }), (open) => open.destroy())
  return {
    db,
    url: () => running.url,
    port: () => running.port,
    pid: () => running.pid,
    async startAgain() {
      running = await startPostgres({ dataDir, preferredPort: running.port })
    },
  }
}

/** The lines between processes of ours; each may be broken. Boxes reach either worker. */
async function betweenProcesses(stack: AsyncDisposableStack, ports: Ports, postgresPort: () => number) {
  let turn = 0
  const eitherWorker = () => ports.worker[turn++ % ports.worker.length] ?? 0
  const line = async (to: () => number) => stack.use(await aProxy(to))
  return {
    toWorker: await line(eitherWorker),
    boxToStore: await line(() => ports.store),
    workerToStore: await line(() => ports.store),
    toPostgres: await line(postgresPort),
    toRedis: await line(() => ports.redis),
  }
}

function addresses(ports: Ports, lines: Lines, postgresUrl: string, backend: Backend) {
  const local = (port: number | undefined) => `http://127.0.0.1:${port}`
  const databaseUrl = new URL(postgresUrl)
  databaseUrl.port = String(lines.toPostgres.port)
  return {
    ...{ S3_BUCKET: 'stout', S3_REGION: 'us-east-1', S3_ACCESS_KEY_ID: 'chaos', S3_SECRET_ACCESS_KEY: newToken() },
    S3_ENDPOINT: local(lines.workerToStore.port),
    S3_PUBLIC_ENDPOINT: local(lines.boxToStore.port),
    DATABASE_URL: databaseUrl.href,
    STOUT_SECRET: SECRET,
    STOUT_INSTALLATION: `chaos-${process.pid}`,
    STOUT_URL: local(ports.web[0]),
    STOUT_BOX_URL: local(lines.toWorker.port),
    NEXTAUTH_URL: local(ports.web[0]),
    NEXTAUTH_SECRET: SECRET,
    ...(backend === 'redis' && { REDIS_URL: `redis://127.0.0.1:${lines.toRedis.port}` }),
  }
}
