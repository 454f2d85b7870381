import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync } from 'node:fs'
import type { Socket } from 'node:net'
import { constants } from 'node:os'
import type { Fileno } from './frames'
import { OutputChannel } from './output-channel'
import { discardPipe, type PipePool } from './pipes'

/** How often the output channel is looked at, in ms. */
export const CHANNEL_POLL_MS = 100

/** A script that runs. */
export type Job = {
  pid: number
  /** Exit code, or minus the number of the signal that ended it. Its output may go on: others can hold the pipes. */
  exited: Promise<number>
  outputs: { fileno: Fileno; reader: Socket }[]
  channel: OutputChannel
  /** Sends a signal to the process that was started (under a time limit that is timeout(1), which passes it on). */
  signal(name: 'SIGINT' | 'SIGTERM' | 'SIGKILL'): void
}

export type Command = {
  argv: string[]
  cwd: string
  env: Record<string, string>
  /** stderr goes the way of stdout, in the order that it was written. */
  mergeStderr: boolean
  /** Makes it leader of a session of its own. */
  ownSession: boolean
  outputChannel: string
}

function exitCode(child: ChildProcess): Promise<number> {
  return new Promise((resolve) => {
    child.once('exit', (code, signalName) => resolve(signalName ? -constants.signals[signalName] : (code ?? 0)))
  })
}

/** Waits for nothing when the process exists; else for the reason why not. */
function started(child: ChildProcess): Promise<number> {
  if (child.pid !== undefined) {
    child.on('error', () => undefined) // a signal that could not be sent: the process is gone
    return Promise.resolve(child.pid)
  }
  return new Promise((_, reject) => child.once('error', reject))
}

/** Starts a script with its output on pipes. @throws Error when it can't be started; then nothing is left open */
export async function startJob(command: Command, pipes: PipePool): Promise<Job> {
  const stdout = await pipes.take()
  const stderr = command.mergeStderr ? stdout : await pipes.take()
  const [file = '', ...args] = command.argv
  try {
    const child = spawn(file, args, {
      cwd: command.cwd,
      env: command.env as NodeJS.ProcessEnv,
      detached: command.ownSession,
      stdio: ['ignore', stdout.writeFd, stderr.writeFd],
    })
    const exited = exitCode(child)
    const pid = await started(child)
    const channel = new OutputChannel(command.outputChannel)
    for (const { writeFd } of new Set([stdout, stderr])) closeSync(writeFd)
    const outputs: Job['outputs'] = [{ fileno: 1, reader: stdout.reader }]
    if (stderr !== stdout) outputs.push({ fileno: 2, reader: stderr.reader })
    for (const { reader } of outputs) reader.on('error', () => undefined) // 'close' follows
    return { pid, exited, outputs, channel, signal: (name) => void child.kill(name) }
  } catch (error) {
    for (const pipe of new Set([stdout, stderr])) discardPipe(pipe)
    throw error
  }
}
