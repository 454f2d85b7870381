import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  lchownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import { Client } from 'pg'
import { freePort } from './ports'
import { type Binaries, findBinaries } from './postgres-binaries'
import { commandLine, run, until } from './process'

export type PostgresOptions = {
  /** Everything of this server lives here: `data/`, `postgres.json` (password and port, 0600), `postgres.log`. */
  dataDir: string
  /** The port at the first start; 0 lets the kernel choose. Afterwards the last one is taken again. */
  preferredPort: number
  /** For tests: nothing is flushed to disk, so it is fast and a crash of the machine loses it. */
  throwaway?: boolean
  log?: (line: string) => void
}

export type RunningPostgres = {
  /** postgres://stout:…@127.0.0.1:…/postgres */
  url: string
  port: number
  pid: number
  /** It was already running (whoever started it was killed) and was taken over. */
  adopted: boolean
  /** Ends it: connected clients are thrown out, nothing that was committed is lost. Safe to call twice. */
  stop(): Promise<void>
}

type Settings = { password: string; port: number }
type Server = { dir: string; data: string; binaries: Binaries; throwaway: boolean; log: (line: string) => void }

/**
 * Starts the embedded Postgres of `dataDir`, or adopts it when it still runs, and returns once it answers queries. It
 * listens on 127.0.0.1 alone, with a password, in a session of its own: a killed parent leaves it running. Survives being
 * killed at any moment, a stale `postmaster.pid`, and a port that somebody else took meanwhile.
 * @throws Error with the end of the server's log when it does not come up.
 */
export async function startPostgres(options: PostgresOptions): Promise<RunningPostgres> {
  const server = await serverOf(options)
  mkdirSync(server.dir, { recursive: true, mode: 0o700 })
  const settings = readSettings(server) ?? { password: randomBytes(24).toString('base64url'), port: 0 }
  saveSettings(server, settings)
  if (!existsSync(path.join(server.data, 'PG_VERSION'))) await initialise(server, settings)
  giveTo(server)

  const runningPid = await livePid(server)
  const pid = runningPid ?? (await launch(server, settings, options.preferredPort))
  await waitForAnswer(server, settings)
  return {
    url: urlOf(settings),
    port: settings.port,
    pid,
    adopted: runningPid !== null,
    stop: async () => await stop(server),
  }
}

/** Ends the server of `dataDir` where one still runs: for what a killed process left behind. */
export async function stopPostgres(dataDir: string): Promise<void> {
  if (existsSync(path.join(dataDir, 'data', 'postmaster.pid'))) await stop(await serverOf({ dataDir }))
}

async function serverOf({ dataDir, throwaway, log }: Partial<PostgresOptions> & { dataDir: string }): Promise<Server> {
  const dir = path.resolve(dataDir)
  const binaries = await findBinaries()
  return { dir, data: path.join(dir, 'data'), binaries, throwaway: throwaway ?? false, log: log ?? (() => {}) }
}

function urlOf({ password, port }: Settings): string {
  return `postgres://stout:${password}@127.0.0.1:${port}/postgres`
}

function readSettings({ dir }: Server): Settings | null {
  try {
    return JSON.parse(readFileSync(path.join(dir, 'postgres.json'), 'utf8')) as Settings
  } catch {
    return null
  }
}

function saveSettings({ dir }: Server, settings: Settings): void {
  const file = path.join(dir, 'postgres.json')
  writeFileSync(`${file}.new`, JSON.stringify(settings), { mode: 0o600 })
  renameSync(`${file}.new`, file)
}

/** Makes the cluster beside its place and moves it there at the end, so that one half made is never taken for a whole one. */
async function initialise(server: Server, settings: Settings): Promise<void> {
  server.log('making a new database')
  const fresh = `${server.data}.new`
  const passwordFile = path.join(server.dir, 'initdb-password')
  rmSync(fresh, { recursive: true, force: true })
  mkdirSync(fresh, { mode: 0o700 })
  writeFileSync(passwordFile, settings.password, { mode: 0o600 })
  giveTo(server)
  const { initdb, prefix } = server.binaries
  const flags = [
    '-A',
    'scram-sha-256',
    '-E',
    'UTF8',
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
  ]
  const sync = server.throwaway ? ['--no-sync'] : []
  const made = await run(
    [...prefix, initdb, '-D', fresh, '-U', 'stout', `--pwfile=${passwordFile}`, ...flags, ...sync],
    { env: environment(), cwd: server.dir, timeoutMs: 120_000 },
  )
  rmSync(passwordFile, { force: true })
  if (made.code !== 0) throw new Error(`initdb failed (${made.code}):\n${made.output}`)
  rmSync(server.data, { recursive: true, force: true })
  renameSync(fresh, server.data)
}

/** Nothing of the caller's environment but PATH: no PG* variable, locale or time zone may change how the server behaves. */
function environment(): NodeJS.ProcessEnv {
  return { NODE_ENV: 'production', PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC', HOME: '/' }
}

/** Makes the user who runs the server own its files (a start as root may have to use another user than the last one). */
function giveTo({ dir, data, binaries }: Server): void {
  const uid = binaries.owner?.uid ?? process.getuid?.()
  const gid = binaries.owner?.gid ?? process.getgid?.()
  if (uid === undefined || gid === undefined || process.getuid?.() !== 0) return
  const walk = (entry: string) => {
    lchownSync(entry, uid, gid)
    if (statSync(entry).isDirectory()) for (const name of readdirSync(entry)) walk(path.join(entry, name))
  }
  for (const entry of [dir, data, `${data}.new`]) {
    if (existsSync(entry) && statSync(entry).uid !== uid) walk(entry)
  }
  const passwordFile = path.join(dir, 'initdb-password')
  if (existsSync(passwordFile)) lchownSync(passwordFile, uid, gid)
  if (existsSync(data)) chmodSync(data, 0o700)
}

/** The pid of this cluster's live server. A pid file that names a dead process, or somebody else's, is stale: removed. */
async function livePid({ data }: Server): Promise<number | null> {
  const pidFile = path.join(data, 'postmaster.pid')
  if (!existsSync(pidFile)) return null
  const pid = Number(readFileSync(pidFile, 'utf8').split('\n')[0])
  const command = Number.isInteger(pid) && pid > 0 ? await commandLine(pid) : ''
  if (command.includes('postgres') && command.includes(data)) return pid
  rmSync(pidFile, { force: true })
  return null
}

async function launch(server: Server, settings: Settings, preferredPort: number): Promise<number> {
  const logFile = path.join(server.dir, 'postgres.log')
  for (let attempt = 1; ; attempt++) {
    const port = await freePort(settings.port || preferredPort)
    if (settings.port && port !== settings.port) server.log(`port ${settings.port} is taken, using ${port}`)
    settings.port = port
    saveSettings(server, settings)
    rmSync(logFile, { force: true })
    const flags = ['-p', String(port), ...serverFlags(server.throwaway)].join(' ')
    const { pgCtl, prefix } = server.binaries
    const started = await run(
      [...prefix, pgCtl, 'start', '-D', server.data, '-l', logFile, '-w', '-t', '60', '-s', '-o', flags],
      { env: environment(), cwd: server.dir, timeoutMs: 90_000 },
    )
    const pid = await livePid(server)
    if (started.code === 0 && pid) return pid
    const log = existsSync(logFile) ? readFileSync(logFile, 'utf8') : ''
    // A killed server's last children need a moment to notice; a port can be lost between the look and the bind.
    const passing = /pre-existing shared memory block|could not bind|Address already in use/.test(log)
    if (!passing || attempt >= 20) throw new Error(`Postgres did not start:\n${started.output}\n${log.slice(-2000)}`)
    await new Promise((resolve) => setTimeout(resolve, 250))
  }
}

function serverFlags(throwaway: boolean): string[] {
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: '300',
    timezone: 'UTC',
    log_timezone: 'UTC',
    ...(throwaway && { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', autovacuum: 'off' }),
  }
  return Object.entries(settings).map(([name, value]) => `-c ${name}=${value}`)
}

async function waitForAnswer(server: Server, settings: Settings): Promise<void> {
  let last = ''
  const answers = async () => {
    const client = new Client({ connectionString: urlOf(settings), connectionTimeoutMillis: 5000 })
    client.on('error', () => {})
    try {
      await client.connect()
      await client.query('select 1')
      return true
    } catch (error) {
      last = error instanceof Error ? error.message : String(error)
      return false
    } finally {
      await client.end().catch(() => {})
    }
  }
  if (!(await until(answers, 30_000, 100))) {
    throw new Error(`Postgres runs in ${server.dir} but does not answer on port ${settings.port}: ${last}`)
  }
}

async function stop(server: Server): Promise<void> {
  const { pgCtl, prefix } = server.binaries
  for (const mode of ['fast', 'immediate']) {
    if ((await livePid(server)) === null) return
    await run([...prefix, pgCtl, 'stop', '-D', server.data, '-m', mode, '-w', '-t', '6', '-s'], {
      env: environment(),
      cwd: server.dir,
      timeoutMs: 10_000,
    })
  }
  const pid = await livePid(server)
  if (pid !== null) throw new Error(`Postgres (pid ${pid}) in ${server.dir} does not stop`)
}
