import { hashToken } from '../core/access/api-tokens'
import { deriveKeys, seal } from '../core/access/keys'
import { hashPassword } from '../core/access/passwords'
import { openDatabase } from '../db/client'
import { migrateToLatest } from '../db/migrate'
import { seed } from '../db/seed'
import type { Build } from './build'
import { Children, type ChildSpec } from './children'
import { boxProcess, chooseAddresses, endBoxProcesses, type RegisteredBox } from './demo-boxes'
import { startedAt } from './lock.mjs'
import { HEAP_FLAGS } from './node-flags'
import { freePort, isFree } from './ports'
import { type RunningPostgres, startPostgres } from './postgres'
import { untilReady } from './ready'
import type { Settings, StateFolder } from './state'
import { isStoreEmbedded, storeEnvironment, storeProcess, whatStoreSays } from './store'

export type StoutOptions = {
  state: StateFolder
  build: Build
  /** Ports that are tried first; the next free one is taken instead, and remembered. */
  ports: { web: number; worker: number; postgres: number; store: number }
  /** Whether demo boxes get addresses like real boxes where they can (the default), or any free ports. */
  realBoxAddresses?: boolean
  /** Told what people should know: restarts, ports that were taken. */
  say: (line: string) => void
  /** Settings for web and worker beyond those that are made here (`REDIS_URL`, limits, …). */
  env?: NodeJS.ProcessEnv
}

/** It was told to stop before it was up. */
class StoppedEarly extends Error {}

/**
 * A whole installation on this machine: Postgres (unless DATABASE_URL is given), object store (unless S3_ENDPOINT is given),
 * schema and first data, three demo boxes, worker, web. The caller holds the state folder.
 */
export class Stout {
  readonly settings: Settings
  readonly children: Children
  /** Filled by `start`. */
  boxes: RegisteredBox[] = []
  databaseUrl = ''
  private postgres: RunningPostgres | null = null
  private watch: NodeJS.Timeout | null = null
  private starting: Promise<void> = Promise.resolve()
  private stopped: Promise<void> | null = null

  constructor(private readonly options: StoutOptions) {
    this.settings = options.state.settings()
    this.children = new Children(options.state, options.say)
  }

  private get given(): NodeJS.ProcessEnv {
    return { ...process.env, ...this.options.env }
  }

  private get secret(): string {
    return this.given.STOUT_SECRET || this.settings.secret
  }

  private get host(): string {
    return this.given.STOUT_HOST || '127.0.0.1'
  }

  /** Where people go. */
  get url(): string {
    return this.given.STOUT_URL || `http://localhost:${this.settings.webPort}`
  }

  /** Where boxes call the worker. */
  get boxUrl(): string {
    return this.given.STOUT_BOX_URL || `http://127.0.0.1:${this.settings.workerPort}`
  }

  /** Where this machine reaches the web process, whatever people are told. */
  get localUrl(): string {
    return `http://${this.localHost}:${this.settings.webPort}`
  }

  private get localHost(): string {
    const host = this.host === '0.0.0.0' || this.host === '::' ? '127.0.0.1' : this.host
    return host.includes(':') ? `[${host}]` : host
  }

  /**
   * Returns once the API says that it is ready.
   * @throws Error with the end of the log of what failed (what was started by then has been stopped), or StoppedEarly
   */
  async start(): Promise<void> {
    this.starting = this.startAll()
    try {
      await this.starting
    } catch (error) {
      await this.stop()
      throw error
    }
  }

  private async startAll(): Promise<void> {
    const { state, build, say } = this.options
    // Supervisors that outlived a killed start are left alone: they find the new worker and go on with their jobs.
    const left = await state.endLeftovers()
    if (left.length) say(`Ended what an earlier start had left running: ${left.join(', ')}.`)
    const steps = [
      async () => await this.startDatabase(),
      async () => await this.choosePorts(),
      async () => await migrateToLatest(this.databaseUrl),
      async () => await this.seed(),
      async () => await this.startStore(),
      async () => {
        state.recordUrl(this.url)
        for (const box of this.boxes) this.children.start(boxProcess(state, build.box, box))
        this.children.start(this.workerProcess())
        this.children.start(this.webProcess())
        await this.waitUntilReady()
      },
    ]
    for (const step of steps) {
      if (this.stopped) throw new StoppedEarly()
      await step()
    }
  }

  private async startDatabase(): Promise<void> {
    if (this.given.DATABASE_URL) {
      this.databaseUrl = this.given.DATABASE_URL
      return
    }
    const { state, ports, say } = this.options
    const start = async () => {
      this.postgres = await startPostgres({
        dataDir: state.file('postgres'),
        preferredPort: ports.postgres,
        log: () => {},
      })
      this.databaseUrl = this.postgres.url
    }
    await start()
    this.watch = setInterval(() => {
      if (!this.postgres || startedAt(this.postgres.pid) !== null) return
      this.postgres = null
      say('Postgres ended by itself; starting it again.')
      start().catch((error: unknown) => say(`Postgres does not start again: ${String(error)}`))
    }, 500)
    this.watch.unref()
  }

  private async choosePorts(): Promise<void> {
    const { state, ports, say } = this.options
    const settings = this.settings
    const choose = async (what: string, last: number, preferred: number, taken: number[]) => {
      const port = await this.portFor(last || preferred, taken)
      if (preferred && port !== (last || preferred)) say(`Port ${last || preferred} is taken; ${what} uses ${port}.`)
      return port
    }
    settings.webPort = await choose('the web application', settings.webPort, ports.web, [])
    settings.workerPort = await choose('the worker', settings.workerPort, ports.worker, [settings.webPort])
    if (isStoreEmbedded(this.given)) {
      const taken = [settings.webPort, settings.workerPort]
      settings.storePort = await choose('the object store', settings.storePort, ports.store, taken)
    }
    this.boxes = await chooseAddresses(settings.boxes, this.options.realBoxAddresses ?? true)
    settings.boxes = this.boxes.map(({ labels: _labels, groups: _groups, ...address }) => address)
    state.saveSettings(settings)
  }

  /** Browsers try ::1 first for `localhost`, so a stranger there counts as taken too. */
  private async portFor(preferred: number, taken: number[]): Promise<number> {
    let port = await freePort(preferred, this.host, taken)
    const strangerOnV6 = async () => (await isFree(0, '::1')) && !(await isFree(port, '::1'))
    while (await strangerOnV6()) port = await freePort(port + 1, this.host, taken)
    return port
  }

  /** The process of a part of it; null while it does not run. */
  pidOf(name: 'web' | 'worker' | 'store'): number | null {
    return this.children.pid(name)
  }

  /** The `S3_…` variables by which web and worker reach the embedded store; empty when the environment names another. */
  get storeEnv(): Record<string, string> {
    return isStoreEmbedded(this.given) ? storeEnvironment(this.given, this.settings, this.localHost, this.boxUrl) : {}
  }

  private async startStore(): Promise<void> {
    const { S3_ENDPOINT: endpoint } = this.storeEnv
    if (!endpoint) return
    const origins = [new URL(this.url).origin, this.localUrl]
    const where = { host: this.host, port: this.settings.storePort, origins }
    this.children.start(storeProcess(this.options.state, this.options.build.store, this.storeEnv, where))
    const ask = async () => await whatStoreSays(endpoint)
    await untilReady(this.children, { what: 'The object store', names: ['store'], ask, isStopped: this.isStopped })
  }

  private readonly isStopped = () => this.stopped !== null

  private async seed(): Promise<void> {
    const { email, password, apiToken } = this.settings
    const keys = deriveKeys(this.secret)
    await using db = openDatabase(this.databaseUrl, { name: 'stout-seed', maxConnections: 2 })
    const { removed } = await seed(db, {
      orgName: 'Demo',
      owner: { email, name: 'Owner', passwordHash: await hashPassword(password) },
      token: { name: 'demo', hash: hashToken(keys, apiToken) },
      boxes: this.boxes.map(({ token, ...box }) => ({ ...box, tokenSealed: seal(keys, token), lagerBoxId: box.name })),
    })
    this.boxes = this.boxes.filter(({ name }) => !removed.includes(name))
  }

  private environment(): NodeJS.ProcessEnv {
    const { installation, webPort, workerPort } = this.settings
    return {
      ...this.given,
      NODE_ENV: 'production',
      NEXT_TELEMETRY_DISABLED: '1',
      DATABASE_URL: this.databaseUrl,
      STOUT_URL: this.url,
      STOUT_BOX_URL: this.boxUrl,
      STOUT_SECRET: this.secret,
      STOUT_INSTALLATION: this.given.STOUT_INSTALLATION || installation,
      NEXTAUTH_URL: this.url,
      NEXTAUTH_SECRET: this.given.NEXTAUTH_SECRET || this.secret,
      STOUT_HOST: this.host,
      STOUT_WEB_PORT: String(webPort),
      STOUT_WORKER_PORT: String(workerPort),
      STOUT_DATA_DIR: this.options.state.dir,
      STOUT_NEXT_DIR: this.options.build.nextDir,
      ...this.storeEnv,
    }
  }

  private workerProcess(): ChildSpec {
    const command = [process.execPath, ...HEAP_FLAGS, '--enable-source-maps', this.options.build.worker]
    return { name: 'worker', command, env: () => this.environment() }
  }

  private webProcess(): ChildSpec {
    const next = 'node_modules/next/dist/bin/next'
    const command = [
      process.execPath,
      ...HEAP_FLAGS,
      next,
      'start',
      '-p',
      String(this.settings.webPort),
      '-H',
      this.host,
    ]
    return { name: 'web', command, env: () => this.environment() }
  }

  private async waitUntilReady(): Promise<void> {
    const ask = async () => {
      // Any answer of the worker will do: it listens. The web process says of itself whether it is ready.
      await fetch(`http://${this.localHost}:${this.settings.workerPort}/`, { signal: AbortSignal.timeout(5000) })
      const response = await fetch(`${this.localUrl}/api/v1/ready`, { signal: AbortSignal.timeout(5000) })
      const said = `${response.status} ${(await response.text()).slice(0, 300)}`
      return response.status === 200 ? null : said
    }
    await untilReady(this.children, { what: 'The API', names: ['web', 'worker'], ask, isStopped: this.isStopped })
    if (this.stopped) throw new StoppedEarly()
  }

  /** Ends everything in order: jobs on the demo boxes, boxes, web and worker, the database. Safe to call twice, at any time. */
  async stop(): Promise<void> {
    this.stopped ??= this.endAll()
    await this.stopped
  }

  private async endAll(): Promise<void> {
    await Promise.resolve() // so that `stopped` is set before the start is waited for
    await this.starting.catch(() => {})
    if (this.watch) clearInterval(this.watch)
    const { state } = this.options
    const boxNames = this.boxes.map((box) => box.name)
    // Boxes first: the worker still hears how their jobs ended.
    await Promise.all([endBoxProcesses(state, 2000), this.children.stop(boxNames, 2500)])
    await endBoxProcesses(state, 500)
    await this.children.stop(['web', 'worker'], 3500)
    await this.children.stop(['store'], 2500)
    await this.postgres?.stop()
  }
}
