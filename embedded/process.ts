import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { startedAt } from './lock.mjs'

/** What a finished command said. `output` is stdout and stderr together, for messages to people. */
export type Finished = { code: number; stdout: string; output: string }

/**
 * Runs a command to its end without a terminal and collects what it says. Never throws for a bad exit: the caller knows
 * what the code means. A command that cannot be started, or is still there after `timeoutMs`, ends with code 127 or 124.
 */
export async function run(
  command: readonly string[],
  options: { env?: NodeJS.ProcessEnv; cwd?: string; timeoutMs?: number } = {},
): Promise<Finished> {
  const [file = '', ...args] = command
  return await new Promise((resolve) => {
    const child = spawn(file, args, { env: options.env, cwd: options.cwd, stdio: ['ignore', 'pipe', 'pipe'] })
    let stdout = ''
    let output = ''
    let timedOut = false
    const timer = setTimeout(() => {
      timedOut = true
      child.kill('SIGKILL')
    }, options.timeoutMs ?? 60_000)
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
      output += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
    child.on('error', (error) => {
      clearTimeout(timer)
      resolve({ code: 127, stdout, output: `${output}${error.message}` })
    })
    // `exit` and not `close`: a daemon that the command leaves behind may hold its pipes open for ever.
    child.on('exit', (code) => {
      clearTimeout(timer)
      child.stdout.destroy()
      child.stderr.destroy()
      resolve({ code: timedOut ? 124 : (code ?? 1), stdout, output })
    })
  })
}

/** The command line of a process, its words joined by spaces; empty when it is gone or a zombie. */
export async function commandLine(pid: number): Promise<string> {
  if (process.platform !== 'linux') return (await run(['ps', '-o', 'command=', '-p', String(pid)])).stdout.trim()
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()
  } catch {
    return ''
  }
}

/** Polls until `condition` holds or `timeoutMs` is over; tells which. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  timeoutMs: number,
  everyMs = 25,
): Promise<boolean> {
  const end = Date.now() + timeoutMs
  for (;;) {
    if (await condition()) return true
    if (Date.now() >= end) return false
    await new Promise((resolve) => setTimeout(resolve, everyMs))
  }
}

/**
 * Ends a process that is still the one recorded: SIGTERM (or `signal`), after `graceMs` SIGKILL. With `group`, its whole
 * process group. Does nothing when the pid has become somebody else's.
 */
export async function endProcess(
  recorded: { pid: number; startedAt: string | null },
  options: { graceMs: number; signal?: NodeJS.Signals; group?: boolean },
): Promise<void> {
  const gone = () => recorded.startedAt === null || startedAt(recorded.pid) !== recorded.startedAt
  const target = options.group ? -recorded.pid : recorded.pid
  for (const [signal, waitMs] of [
    [options.signal ?? 'SIGTERM', options.graceMs],
    ['SIGKILL', 2000],
  ] as const) {
    if (gone()) return
    try {
      process.kill(target, signal)
    } catch {
      return
    }
    if (await until(gone, waitMs)) return
  }
}
