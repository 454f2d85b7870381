import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { hashToken, newToken } from '../core/access/api-tokens'
import { deriveKeys, seal } from '../core/access/keys'
import { PackedLogs } from '../core/logs/packed-logs'
import { openStore } from '../core/store/store'
import { type Db, openDatabase } from '../db/client'
import { migrateToLatest } from '../db/migrate'
import { seed } from '../db/seed'
import { build } from '../embedded/build'
import { Children } from '../embedded/children'
import { anyPort } from '../embedded/ports'
import { type RunningPostgres, startPostgres } from '../embedded/postgres'
import { until } from '../embedded/process'
import { StateFolder } from '../embedded/state'
import { aProxy, type Proxy as BreakableLine } from '../worker/testing/proxy'

const SECRET = 'a secret for chaos alone, long enough'
export const BOX_TOKEN = 'box-token-of-chaos'
const BOXES = 4
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
}

export type Backend = 'pg' | 'redis'
export type ChaosBox = { name: string; url: string; tmp: string }
/** The real system on ports of its own: two web processes, two workers, boxes, and lines between them that can be broken. */
export type ChaosSystem = AsyncDisposable & {
  dir: string
  /** Where jobs write down what they did. */
  truth: string
  /** Reads the record past every broken line. */
  db: Db
  packedLogs: PackedLogs
  children: Children
  boxes: ChaosBox[]
  lines: Record<'box to worker' | 'worker to box' | 'box to store' | 'worker to Postgres', BreakableLine[]>
  postgres: { pid: () => number; startAgain: () => Promise<void> }
  redisUrl: string | undefined
  /** A request to either web process; tried again elsewhere and later when one does not answer. */
  api(method: string, path: string, body?: object): Promise<unknown>
}

/** Starts it all below `dir` and returns once it takes jobs. */
export async function startSystem(dir: string, backend: Backend, say: (line: string) => void): Promise<ChaosSystem> {
  const stack = new AsyncDisposableStack()
  const state = new StateFolder(dir)
  await state.hold()
  stack.defer(() => state.release())
  const truth = path.join(dir, 'truth')
  mkdirSync(truth, { recursive: true })
  const programs = await build()
  const children = new Children(state, say)

  let postgres: RunningPostgres = await startPostgres({ dataDir: path.join(dir, 'postgres'), preferredPort: 0 })
  stack.defer(() => postgres.stop())
  await migrateToLatest(postgres.url)
  const db = openDatabase(postgres.url, { name: 'chaos' })
  stack.defer(() => db.destroy())
  const names: string[] = []
  stack.defer(() => children.stop(names, 10_000))
  const start = (name: string, command: string[], env: Record<string, string>) => {
    names.push(name)
    const whole = { PATH: process.env.PATH, HOME: process.env.HOME, NODE_ENV: 'production' as const, ...env }
    children.start({ name, command: [process.execPath, ...command], env: () => whole })
  }

  const [webPorts, workerPorts, storePort] = [
    [await anyPort(), await anyPort()],
    [await anyPort(), await anyPort()],
    await anyPort(),
  ]
  let turn = 0
  const either = (ports: number[]) => () => ports[turn++ % ports.length] ?? 0
  const toWorker = stack.use(await aProxy(either(workerPorts)))
  const toStore = stack.use(await aProxy(() => storePort))
  const toPostgres = stack.use(await aProxy(() => postgres.port))
  const redisUrl = backend === 'redis' ? await startRedis(dir, children, names) : undefined

  const store = {
    S3_BUCKET: 'stout',
    S3_REGION: 'us-east-1',
    S3_ACCESS_KEY_ID: 'chaos',
    S3_SECRET_ACCESS_KEY: newToken(),
  }
  start('store', [programs.store], {
    ...store,
    STOUT_STORE_DIR: path.join(dir, 'objects'),
    STOUT_STORE_PORT: String(storePort),
  })
  const databaseUrl = new URL(postgres.url)
  databaseUrl.port = String(toPostgres.port)
  const common = {
    ...LIMITS,
    ...store,
    S3_ENDPOINT: `http://127.0.0.1:${storePort}`,
    S3_PUBLIC_ENDPOINT: `http://127.0.0.1:${toStore.port}`,
    DATABASE_URL: databaseUrl.href,
    STOUT_SECRET: SECRET,
    STOUT_INSTALLATION: `chaos-${process.pid}`,
    STOUT_URL: `http://127.0.0.1:${webPorts[0]}`,
    STOUT_BOX_URL: `http://127.0.0.1:${toWorker.port}`,
    NEXTAUTH_URL: `http://127.0.0.1:${webPorts[0]}`,
    NEXTAUTH_SECRET: SECRET,
    STOUT_NEXT_DIR: programs.nextDir,
    ...(redisUrl && { REDIS_URL: redisUrl }),
  }
  for (const [index, port] of workerPorts.entries())
    start(`worker-${index + 1}`, [programs.worker], { ...common, STOUT_WORKER_PORT: String(port) })
  for (const [index, port] of webPorts.entries()) {
    const next = ['node_modules/next/dist/bin/next', 'start', '-p', String(port), '-H', '127.0.0.1']
    start(`web-${index + 1}`, next, common)
  }

  const boxes: (ChaosBox & { proxy: BreakableLine })[] = []
  for (let index = 1; index <= BOXES; index++) {
    const [name, port, httpPort] = [`bench-${index}`, await anyPort(), await anyPort()]
    const stateRoot = path.join(dir, 'boxes', name)
    const config = path.join(dir, `${name}.json`)
    const ports = { host: '127.0.0.1', pythonPort: port, httpPort }
    writeFileSync(config, JSON.stringify({ boxId: name, ...ports, stateRoot, token: BOX_TOKEN, nets: [], niceness: 0 }))
    start(name, [programs.box, '--config', config], {})
    const proxy = stack.use(await aProxy(() => port))
    boxes.push({ name, url: `http://127.0.0.1:${port}`, tmp: path.join(stateRoot, 'tmp'), proxy })
  }
  const opened = stack.adopt(
    openStore({ ...store, S3_ENDPOINT: common.S3_ENDPOINT, S3_PUBLIC_ENDPOINT: undefined }),
    (at) => at.close(),
  )
  const keys = deriveKeys(SECRET)
  const token = newToken()
  await seed(db, {
    orgName: 'Chaos',
    owner: { email: 'chaos@example.com', name: 'Chaos', passwordHash: 'none' },
    token: { name: 'chaos', hash: hashToken(keys, token) },
    boxes: boxes.map(({ name, proxy }) => ({
      ...{ name, host: '127.0.0.1', pythonPort: proxy.port, httpPort: proxy.port, lagerBoxId: name },
      ...{ tokenSealed: seal(keys, BOX_TOKEN), labels: {}, groups: [] },
    })),
  })
  const api = apiOf(webPorts, token)
  const online = async () => {
    const { items } = (await api('GET', '/boxes')) as { items: { status: string }[] }
    return items.length === BOXES && items.every(({ status }) => status === 'online')
  }
  if (!(await until(online, 90_000, 250))) throw new Error('The boxes do not come online')
  return {
    dir,
    truth,
    db,
    packedLogs: new PackedLogs(opened),
    children,
    boxes,
    lines: {
      'box to worker': [toWorker],
      'worker to box': boxes.map(({ proxy }) => proxy),
      'box to store': [toStore],
      'worker to Postgres': [toPostgres],
    },
    postgres: {
      pid: () => postgres.pid,
      startAgain: async () => {
        postgres = await startPostgres({ dataDir: path.join(dir, 'postgres'), preferredPort: postgres.port })
      },
    },
    redisUrl,
    api,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

async function startRedis(dir: string, children: Children, names: string[]): Promise<string> {
  const port = await anyPort()
  const folder = path.join(dir, 'redis')
  mkdirSync(folder)
  const program = process.env.STOUT_REDIS_SERVER || 'redis-server'
  const settings = { port, bind: '127.0.0.1', dir: folder, appendonly: 'yes', 'maxmemory-policy': 'noeviction' }
  const command = [program, ...Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)])]
  children.start({ name: 'redis', command, env: () => ({ PATH: process.env.PATH, NODE_ENV: 'production' }) })
  names.push('redis')
  return `redis://127.0.0.1:${port}`
}

function apiOf(ports: number[], token: string): ChaosSystem['api'] {
  return async (method, where, body) => {
    for (let tries = 0; ; tries++) {
      const url = `http://127.0.0.1:${ports[tries % ports.length]}/api/v1${where}`
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
      try {
        const response = await fetch(url, {
          ...{ method, headers, signal: AbortSignal.timeout(10_000) },
          ...(body && { body: JSON.stringify(body) }),
        })
        if (response.status < 500) return await response.json()
        throw new Error(`${url} answered ${response.status}`)
      } catch (error) {
        if (tries > 120) throw error
        await new Promise((resolve) => setTimeout(resolve, 500))
      }
    }
  }
}
