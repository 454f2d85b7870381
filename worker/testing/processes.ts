import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { buildProcesses } from '../../embedded/build'
import { HEAP_FLAGS } from '../../embedded/node-flags'

/** A process of our own that a test started. Ended by its pid, never by name. */
export type Started = AsyncDisposable & {
  child: ChildProcess
  pid: number
  ready: Record<string, unknown>
  /** All that it has written to stdout and stderr so far. */
  said(): string
}

type Program = 'worker' | 'box' | 'store'
let built: ReturnType<typeof buildProcesses> | undefined

/**
 * Starts a program as `npm start` builds it, and waits for the JSON line with `msg` on its stdout.
 * @param within a command that runs the command line behind it: a file system of its own, a limit
 */
export async function startProgram(
  program: Program,
  args: string[],
  env: Record<string, string>,
  readyMsg: string,
  within: string[] = [],
): Promise<Started> {
  built ??= buildProcesses()
  const command = [...within, process.execPath, ...HEAP_FLAGS, '--enable-source-maps', (await built)[program], ...args]
  const child = spawn(command[0] ?? '', command.slice(1), {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, NODE_ENV: 'production', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const said: Buffer[] = []
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (piece: Buffer) => said.push(piece))
  child.stderr.pipe(process.stderr, { end: false })
  const lines = createInterface({ input: child.stdout })
  const ready = await new Promise<Record<string, unknown>>((resolve, reject) => {
    child.once('exit', (code, signal) =>
      reject(new Error(`${program} ended with ${code ?? signal} before it was ready`)),
    )
    lines.on('line', (line) => {
      const told = line.startsWith('{') ? (JSON.parse(line) as Record<string, unknown>) : {}
      if (told.msg === readyMsg) resolve(told)
      if (process.env.STOUT_TEST_VERBOSE) console.log(line)
    })
  })
  return {
    child,
    pid: child.pid ?? 0,
    ready,
    said: () => Buffer.concat(said).toString('utf8'),
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGCONT')
      child.kill('SIGTERM')
      const force = setTimeout(() => child.kill('SIGKILL'), 15_000)
      await once(child, 'exit')
      clearTimeout(force)
    },
  }
}
