import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { holderOf, startedAt, tryLock, unlock } from './lock.mjs'
import { endProcess } from './process'

/** Made at the first start and kept (0600): what the installation must still know after a restart. */
export type Settings = {
  /** Root of every derived key. */
  secret: string
  /** Names this installation on the boxes' locks. */
  installation: string
  email: string
  password: string
  apiToken: string
  webPort: number
  workerPort: number
  storePort: number
  /** What opens the embedded object store. */
  storeKeys: { accessKeyId: string; secretAccessKey: string }
  boxes: DemoBoxAddress[]
  exampleJobDone: boolean
}
export type DemoBoxAddress = { name: string; host: string; pythonPort: number; httpPort: number; token: string }

/** A process that was started, so that the next start can find it again. */
type Recorded = { name: string; pid: number; startedAt: string | null }
export type RunRecord = { url: string | null; children: Recorded[] }

/** Somebody else holds the state folder. */
export class AlreadyRunning extends Error {
  constructor(
    readonly pid: number,
    readonly url: string | null,
  ) {
    super(`Stout already runs here (process ${pid})${url ? ` at ${url}` : ''}.`)
  }
}

const token = (bytes: number) => randomBytes(bytes).toString('base64url')

/** The folder where one installation keeps everything, held by one `up` at a time. */
export class StateFolder {
  readonly dir: string
  private readonly record: RunRecord = { url: null, children: [] }

  constructor(dir: string) {
    this.dir = path.resolve(dir)
  }

  file(...names: string[]): string {
    return path.join(this.dir, ...names)
  }

  private get lockFile(): string {
    return this.file('up.lock')
  }

  /**
   * Takes the folder for this process. Whoever holds it gets a few seconds, since it may be about to end.
   * @throws AlreadyRunning when somebody alive keeps it
   */
  async hold(waitMs = 2500): Promise<void> {
    mkdirSync(this.dir, { recursive: true, mode: 0o700 })
    chmodSync(this.dir, 0o700)
    mkdirSync(this.file('logs'), { recursive: true, mode: 0o700 })
    const since = Date.now()
    let holder = tryLock(this.lockFile)
    const patience = () => (existsSync(this.file('stopping')) ? 15_000 : waitMs)
    while (holder !== null && Date.now() - since < patience()) {
      await new Promise((resolve) => setTimeout(resolve, 100))
      holder = tryLock(this.lockFile)
    }
    if (holder !== null) throw new AlreadyRunning(holder, this.readRecord().url)
    rmSync(this.file('stopping'), { force: true })
  }

  /** The live process that holds the folder, if any. */
  holder(): number | null {
    return holderOf(this.lockFile)
  }

  /** Says that this process is on its way out, so that a start at this moment waits for it. */
  announceStop(): void {
    if (this.holder() === process.pid) writeFileSync(this.file('stopping'), '')
  }

  release(): void {
    if (this.holder() !== process.pid) return
    rmSync(this.file('run.json'), { force: true })
    rmSync(this.file('stopping'), { force: true })
    unlock(this.lockFile)
  }

  /** Ends processes that an `up` which was killed left behind; says their names. Never touches a pid that was given anew. */
  async endLeftovers(): Promise<string[]> {
    const alive = this.readRecord().children.filter(
      (child) => child.startedAt && startedAt(child.pid) === child.startedAt,
    )
    await Promise.all(alive.map((child) => endProcess(child, { graceMs: 3000, group: true })))
    return alive.map((child) => child.name)
  }

  recordUrl(url: string): void {
    this.record.url = url
    this.writeJson('run.json', this.record)
  }

  recordChild(name: string, pid: number): void {
    this.record.children = this.record.children.filter((child) => child.name !== name)
    this.record.children.push({ name, pid, startedAt: startedAt(pid) })
    this.writeJson('run.json', this.record)
  }

  private readRecord(): RunRecord {
    return this.readJson<RunRecord>('run.json') ?? { url: null, children: [] }
  }

  /** The settings, made at the first call. What a newer version needs besides is added to those of an older one. */
  settings(): Settings {
    const kept = this.readJson<Partial<Settings>>('settings.json')
    const fresh: Settings = {
      secret: token(48),
      installation: randomBytes(4).toString('hex'),
      email: 'owner@example.com',
      password: token(12),
      apiToken: `stout_${token(24)}`,
      webPort: 0,
      workerPort: 0,
      storePort: 0,
      storeKeys: { accessKeyId: `STOUT${randomBytes(8).toString('hex').toUpperCase()}`, secretAccessKey: token(30) },
      boxes: [],
      exampleJobDone: false,
    }
    const settings = { ...fresh, ...kept }
    if (!kept || Object.keys(fresh).some((name) => !(name in kept))) this.saveSettings(settings)
    return settings
  }

  saveSettings(settings: Settings): void {
    this.writeJson('settings.json', settings)
  }

  private readJson<T>(name: string): T | null {
    try {
      return JSON.parse(readFileSync(this.file(name), 'utf8')) as T
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
      throw new Error(`${this.file(name)} can't be read: ${(error as Error).message}. "npm run reset" makes a new one.`)
    }
  }

  /** Whole or not at all: a kill in the middle leaves the old file. */
  writeJson(name: string, value: unknown): void {
    writeFileSync(this.file(`${name}.new`), `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 })
    renameSync(this.file(`${name}.new`), this.file(name))
  }
}
