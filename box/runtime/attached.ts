import type { ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import type { BoxContext } from './context'
import { exitAfterPipes } from './ending'
import { encodeFrames, exitFrame, type Fileno, KEEPALIVE, MAX_PAYLOAD_BYTES } from './frames'
import { CHANNEL_POLL_MS, type Job } from './job'
import { beginReply } from './replies'

export const STREAM_HEADERS = { 'Content-Type': 'text/plain', 'Lager-Output-Version': '1' }
/** What may wait for the client: 2048 chunks of 1 KiB, as on a stock box. */
const QUEUE_BYTES = 2048 * 1024

/** Resolves when the client is gone. Closing only its sending half counts, as on a stock box. */
export function clientGone(res: ServerResponse): Promise<'gone'> {
  return new Promise((resolve) => {
    if (res.closed || res.socket === null || res.socket.readableEnded) resolve('gone')
    res.once('close', () => resolve('gone'))
    res.socket?.once('end', () => resolve('gone'))
  })
}

/** Sends to one client. What finds no room for as long as `slowReaderMs` is dropped, so that the script is not stalled. */
class FrameSender {
  private readonly waiting = new Set<() => void>()

  constructor(
    private readonly res: ServerResponse,
    private readonly slowReaderMs: number,
  ) {
    res.once('close', () => this.wake())
  }

  private wake(): void {
    for (const go of this.waiting) go()
  }

  private hasRoom(): boolean {
    return this.res.destroyed || this.res.writableLength < QUEUE_BYTES
  }

  /** Waits until something may be sent. @returns false when there was no room in time */
  async room(): Promise<boolean> {
    if (this.hasRoom()) return true
    const limit = new AbortController()
    const late = delay(this.slowReaderMs, 'late' as const, { signal: limit.signal, ref: false }).catch(() => undefined)
    while (!this.hasRoom()) {
      let go = () => {}
      const woken = new Promise<undefined>((resolve) => {
        go = () => resolve(undefined)
      })
      this.waiting.add(go)
      const outcome = await Promise.race([woken, late])
      this.waiting.delete(go)
      if (outcome === 'late') break
    }
    limit.abort()
    return this.hasRoom()
  }

  private write(frames: Buffer): void {
    if (!this.res.destroyed) this.res.write(frames, () => this.wake())
  }

  /** Sends bytes in frames; chunk by chunk where the queue is full, each waiting its own time. */
  async send(fileno: Fileno, bytes: Buffer): Promise<void> {
    if (this.res.writableLength + bytes.length <= QUEUE_BYTES) return this.write(encodeFrames(fileno, bytes))
    for (let start = 0; start < bytes.length; start += MAX_PAYLOAD_BYTES) {
      const chunk = bytes.subarray(start, start + MAX_PAYLOAD_BYTES)
      if (await this.room()) this.write(encodeFrames(fileno, chunk))
    }
  }

  async sendAll(fileno: Fileno, source: AsyncIterable<Buffer>): Promise<void> {
    try {
      for await (const bytes of source) await this.send(fileno, bytes)
    } catch {
      // The pipe was taken away: nobody reads any more.
    }
  }

  async sendChannel(job: Job): Promise<void> {
    for (let bytes = job.channel.read(); bytes.length > 0; bytes = job.channel.read()) await this.send(3, bytes)
  }
}

/** Sends what is appended to the output channel, until it is told to stop; what is there then is sent too. */
async function followChannel(job: Job, sender: FrameSender, stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    await sender.sendChannel(job)
    await delay(CHANNEL_POLL_MS, undefined, { signal: stop }).catch(() => undefined)
  }
  await sender.sendChannel(job)
}

/**
 * Sends a running script's output to the client that asked for it, and its exit code as the last thing. The run is over
 * when the process is gone and nobody holds its pipes. A grandchild that closed them goes on unharmed.
 *
 * @returns whether the script ended; if not, the client is gone and the script must be ended
 */
export async function streamJob(
  job: Job,
  res: ServerResponse,
  { timings, log }: Pick<BoxContext, 'timings' | 'log'>,
): Promise<'ended' | 'gone'> {
  const gone = clientGone(res)
  beginReply(res, 200, STREAM_HEADERS)
  res.flushHeaders()
  const sender = new FrameSender(res, timings.slowReaderMs)
  const keepalive = setInterval(() => res.write(KEEPALIVE), timings.keepaliveMs)
  const stop = new AbortController()
  const channel = followChannel(job, sender, stop.signal)
  const outputs = Promise.all(job.outputs.map(({ fileno, reader }) => sender.sendAll(fileno, reader)))
  const ended = Promise.all([outputs.then(() => exitAfterPipes(job, timings)), job.exited])
  try {
    const outcome = await Promise.race([ended, gone])
    stop.abort()
    await channel
    if (outcome === 'gone') return 'gone'
    // A client so slow that even the end finds no room is left without one, as by a stock box.
    if (await sender.room()) res.end(exitFrame(outcome[0]))
    else {
      log({ msg: 'client too slow for the end of its stream', pid: job.pid })
      await gone
    }
    return 'ended'
  } finally {
    clearInterval(keepalive)
  }
}
