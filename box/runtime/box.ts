import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { BoxConfig } from './config'
import type { BoxContext, Log } from './context'
import { httpPort, replyHttpError } from './http-port'
import { LockFile } from './lock'
import { PipePool } from './pipes'
import { endScope } from './processes'
import { findPython, nicePrefix } from './python'
import { pythonPort, replyPythonError } from './python-port'
import { Reaping } from './reaping'
import { listen, portOf, stopListening } from './server'
import { openStateRoot, type StateRoot } from './state-root'
import { STOCK_TIMINGS, type Timings } from './timings'

const DEFAULT_NICENESS = -10

export type RunningBox = {
  pythonUrl: string
  httpUrl: string
  pythonPort: number
  httpPort: number
  /** Stops listening and ends every process of the box, daemons included: SIGTERM, 5 s later SIGKILL. */
  close(): Promise<void>
}

export type BoxOptions = {
  log?: Log
  timings?: Partial<Timings>
  /** Environment that scripts inherit; the process's own when absent. `STOUT_*` is never passed on. */
  serviceEnv?: Record<string, string | undefined>
}

async function writeSettings(state: StateRoot, config: BoxConfig): Promise<void> {
  await writeFile(state.savedNetsFile, JSON.stringify(config.nets, null, 2), { mode: 0o600 })
  if (config.version !== undefined) await writeFile(state.versionFile, config.version)
  await writeFile(state.pidFile, `${process.pid}\n`)
}

async function makeContext(
  config: BoxConfig,
  state: StateRoot,
  options: BoxOptions,
  closing: AbortSignal,
): Promise<BoxContext> {
  const serviceEnv = options.serviceEnv ?? process.env
  const [python, commandPrefix, pipes] = await Promise.all([
    findPython(config.python),
    nicePrefix(config.niceness ?? DEFAULT_NICENESS),
    PipePool.open(join(state.dir, 'pipes')),
  ])
  return {
    identity: { boxId: config.boxId, host: config.host, serviceEnv },
    state,
    python,
    commandPrefix,
    token: config.token,
    lock: new LockFile(state.lockFile),
    pipes,
    reaping: new Reaping(),
    timings: { ...STOCK_TIMINGS, ...options.timings },
    runs: new Set(),
    closing,
    log: options.log ?? (() => undefined),
  }
}

function urlOf(host: string, port: number): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}

/**
 * Starts a box on its two ports. A lock, nets of its own making and detached runs that an earlier runtime left in the
 * state root stay; the nets and the version are written anew from the configuration.
 *
 * @throws Error when a port is taken, the state root can't be written, or there is no Python
 */
export async function startBox(config: BoxConfig, options: BoxOptions = {}): Promise<RunningBox> {
  const state = await openStateRoot(config.stateRoot)
  const closing = new AbortController()
  const box = await makeContext(config, state, options, closing.signal)
  const at = { host: config.host, token: config.token }
  const python = await listen(pythonPort(box), replyPythonError, { ...at, port: config.pythonPort })
  const http = await listen(httpPort(box), replyHttpError, { ...at, port: config.httpPort }).catch(async (error) => {
    await stopListening(python)
    throw error
  })
  await writeSettings(state, config)
  return {
    pythonUrl: urlOf(config.host, portOf(python)),
    httpUrl: urlOf(config.host, portOf(http)),
    pythonPort: portOf(python),
    httpPort: portOf(http),
    close: async () => {
      closing.abort(new Error('the box is closing'))
      const unreachable = [stopListening(python), stopListening(http)]
      await endScope(state.scope, state.dir, box.timings.killGraceMs)
      await Promise.allSettled(box.runs)
      await endScope(state.scope, state.dir, box.timings.killGraceMs) // what a run had just begun to start
      await Promise.all(unreachable)
    },
  }
}
