import type { ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { encodeFrames, exitFrame, KEEPALIVE, MAX_PAYLOAD_BYTES } from './frames'
import { type Job, outputsEnded } from './job'
import { beginReply } from './replies'
import type { Timings } from './timings'

const CHANNEL_POLL_MS = 100
export const STREAM_HEADERS = { 'Content-Type': 'text/plain', 'Lager-Output-Version': '1' }

/** Resolves when the client is gone. Closing only its sending half counts, as on a stock box. */
export function clientGone(res: ServerResponse): Promise<'gone'> {
  return new Promise((resolve) => {
    res.once('close', () => resolve('gone'))
    res.socket?.once('end', () => resolve('gone'))
  })
}

function sendOutputs(job: Job, res: ServerResponse): void {
  const resume = () => job.outputs.forEach(({ reader }) => void reader.resume())
  res.on('drain', resume)
  for (const { fileno, reader } of job.outputs) {
    reader.on('data', (bytes: Buffer) => {
      if (!res.destroyed && !res.write(encodeFrames(fileno, bytes)))
        job.outputs.forEach((one) => void one.reader.pause())
    })
  }
  res.once('close', resume) // what is still written goes nowhere, but must not block the script's clean-up
}

function sendChannel(job: Job, res: ServerResponse, maxPayloadBytes = MAX_PAYLOAD_BYTES): void {
  for (let bytes = job.channel.read(); bytes.length > 0; bytes = job.channel.read()) {
    res.write(encodeFrames(3, bytes, maxPayloadBytes))
  }
}

/**
 * Sends a running script's output to the client that asked for it, and its exit code as the last thing. The run is over
 * when the process is gone and nobody holds its pipes. A grandchild that closed them goes on unharmed.
 *
 * @returns whether the client was there to the end; if not, the script must be ended
 */
export async function streamJob(job: Job, res: ServerResponse, timings: Timings): Promise<'finished' | 'gone'> {
  const gone = clientGone(res)
  beginReply(res, 200, STREAM_HEADERS)
  res.flushHeaders()
  sendOutputs(job, res)
  const keepalive = setInterval(() => res.write(KEEPALIVE), timings.keepaliveMs)
  const poll = setInterval(() => sendChannel(job, res), CHANNEL_POLL_MS)
  try {
    const ended = Promise.all([job.exited, outputsEnded(job)])
    const outcome = await Promise.race([ended, gone])
    if (outcome === 'gone') return 'gone'
    sendChannel(job, res)
    res.end(exitFrame(outcome[0]))
    return 'finished'
  } finally {
    clearInterval(keepalive)
    clearInterval(poll)
  }
}

/**
 * Ends a script whose client went away: SIGINT, so that it can clean up. timeout(1) sends SIGKILL 5 s later; the steps
 * after that are for a timeout(1) that can't.
 */
export async function interruptJob(job: Job, timings: Timings): Promise<void> {
  const steps = [
    ['SIGINT', timings.interruptGraceMs],
    ['SIGTERM', timings.killGraceMs],
    ['SIGKILL', timings.killGraceMs],
  ] as const
  for (const [name, waitMs] of steps) {
    job.signal(name)
    const limit = new AbortController()
    const late = delay(waitMs, 'late' as const, { signal: limit.signal, ref: false }).catch(() => 'late' as const)
    const outcome = await Promise.race([job.exited, late])
    limit.abort()
    if (outcome !== 'late') break
  }
  for (const { reader } of job.outputs) reader.destroy()
}
