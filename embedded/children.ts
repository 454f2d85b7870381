import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync, renameSync, statSync } from 'node:fs'
import { startedAt } from './lock.mjs'
import { endProcess } from './process'
import type { StateFolder } from './state'

export type ChildSpec = {
  name: string
  command: readonly string[]
  /** Read again at each start: a database that came back may have another URL. */
  env: () => NodeJS.ProcessEnv
  cwd?: string
}

type Child = {
  spec: ChildSpec
  process: ChildProcess | null
  startedAt: string | null
  timer: NodeJS.Timeout | null
  deaths: number
}

const FIRST_PAUSE_MS = 500
const LONGEST_PAUSE_MS = 15_000
/** A process that lived this long was well: its next death starts the back-off anew. */
const WELL_AFTER_MS = 30_000
const LOG_LIMIT_BYTES = 20_000_000

/**
 * The processes of one installation. Each runs in a process group of its own, so that Ctrl-C at the terminal reaches only
 * the parent, which ends them in order; its output goes to `logs/<name>.log`; when it ends by itself it is started again
 * after a pause that grows from 0.5 to 15 s.
 */
export class Children {
  private readonly children = new Map<string, Child>()
  private stopping = false

  constructor(
    private readonly state: StateFolder,
    private readonly say: (line: string) => void,
  ) {}

  start(spec: ChildSpec): void {
    const child: Child = { spec, process: null, startedAt: null, timer: null, deaths: 0 }
    this.children.set(spec.name, child)
    this.launch(child)
  }

  /** The process of a child; null while it waits to be started again. */
  pid(name: string): number | null {
    const running = this.children.get(name)?.process
    return running?.exitCode === null && running.signalCode === null ? (running.pid ?? null) : null
  }

  /** How often a child ended by itself since it was last well. */
  deaths(name: string): number {
    return this.children.get(name)?.deaths ?? 0
  }

  /** Ends the named children together; those that don't go within `graceMs` are killed. */
  async stop(names: readonly string[], graceMs: number): Promise<void> {
    await Promise.all(
      names.map(async (name) => {
        const child = this.children.get(name)
        if (!child) return
        this.children.delete(name)
        if (child.timer) clearTimeout(child.timer)
        const pid = child.process?.pid
        if (!pid || child.process?.exitCode !== null || child.process.signalCode !== null) return
        await endProcess({ pid, startedAt: child.startedAt }, { graceMs, group: true })
        killGroup(pid)
      }),
    )
  }

  names(): string[] {
    return [...this.children.keys()]
  }

  /** Kills everything at once: for the second Ctrl-C. */
  kill(): void {
    this.stopping = true
    for (const child of this.children.values()) if (child.process?.pid) killGroup(child.process.pid)
  }

  /** The last lines of a child's log, for people. */
  lastLines(name: string, count = 25): string {
    try {
      return readFileSync(this.logFile(name), 'utf8').trimEnd().split('\n').slice(-count).join('\n')
    } catch {
      return '(no log)'
    }
  }

  logFile(name: string): string {
    return this.state.file('logs', `${name}.log`)
  }

  private launch(child: Child): void {
    const { name, command, env, cwd } = child.spec
    const [file = '', ...args] = command
    const log = this.openLog(name)
    const since = Date.now()
    const spawned = spawn(file, args, { env: env(), cwd, detached: true, stdio: ['ignore', log, log] })
    closeSync(log)
    child.process = spawned
    if (spawned.pid) {
      child.startedAt = startedAt(spawned.pid)
      this.state.recordChild(name, spawned.pid)
    }
    let over = false
    const ended = (how: string) => {
      if (over) return
      over = true
      if (this.stopping || this.children.get(name) !== child) return
      if (spawned.pid) killGroup(spawned.pid)
      child.deaths = Date.now() - since > WELL_AFTER_MS ? 1 : child.deaths + 1
      const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** (child.deaths - 1), LONGEST_PAUSE_MS)
      this.say(`${name} ended (${how}); starting it again in ${pauseMs / 1000} s. Its log: ${this.logFile(name)}`)
      child.timer = setTimeout(() => this.launch(child), pauseMs)
    }
    spawned.on('error', (error) => ended(error.message))
    spawned.on('exit', (code, signal) => ended(signal ?? `exit code ${code}`))
  }

  private openLog(name: string): number {
    const file = this.logFile(name)
    try {
      if (statSync(file).size > LOG_LIMIT_BYTES) renameSync(file, `${file}.old`)
    } catch {
      // there is none yet
    }
    return openSync(file, 'a', 0o600)
  }
}

/** Ends what is left of a group whose leader is gone. The kernel gives no pid anew while a group of that number lives. */
function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // nothing left
  }
}
