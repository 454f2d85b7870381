import { createWriteStream, type WriteStream } from 'node:fs'
import { mkdir, open, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { exitAfterPipes } from './ending'
import { emptyFrame, encodeFrames, exitFrame, type Fileno } from './frames'
import { CHANNEL_POLL_MS, type Job } from './job'
import { RequestError } from './replies'
import type { Timings } from './timings'

/** From this length on nothing but the exit frame is added to a log. A frame that was begun is kept whole. */
const MAX_LOG_BYTES = 10 * 1024 * 1024

export type RunFiles = { dir: string; log: string; meta: string }

/** Where a detached run's log and description stand. A run without an id stands under `None`, out of reach. */
export function runFiles(processes: string, lagerProcessId: string | null): RunFiles {
  const name = lagerProcessId ?? 'None'
  if (name.includes('/') || name === '' || name === '.' || name === '..') {
    throw new RequestError(500, `Internal server error: ${name} can't name a run`)
  }
  const dir = join(processes, name)
  return { dir, log: join(dir, 'output.log'), meta: join(dir, 'meta.json') }
}

/** Appends to a run's log until it is full. */
class RunLog {
  private failed: Error | undefined

  private constructor(
    private readonly stream: WriteStream,
    private size: number,
  ) {
    stream.on('error', (error) => {
      this.failed = error
    })
  }

  /** Opens it for appending: a run that reuses an id goes on behind the older one's log. */
  static async open(path: string): Promise<RunLog> {
    const file = await open(path, 'a', 0o600)
    return new RunLog(file.createWriteStream(), (await stat(path)).size)
  }

  get isFull(): boolean {
    return this.size >= MAX_LOG_BYTES
  }

  private async append(bytes: Buffer): Promise<void> {
    this.size += bytes.length
    if (!this.stream.write(bytes)) await new Promise((resolve) => this.stream.once('drain', resolve).once('close', resolve))
    if (this.failed) throw this.failed
  }

  /** Adds frames as long as there is room; what comes later is dropped for good. */
  async add(fileno: Fileno, bytes: Buffer): Promise<void> {
    const overhead = Math.ceil(bytes.length / 1024) * 8
    if (this.size + bytes.length + overhead < MAX_LOG_BYTES) return await this.append(encodeFrames(fileno, bytes))
    for (let start = 0; start < bytes.length && !this.isFull; start += 1024) {
      await this.append(encodeFrames(fileno, bytes.subarray(start, start + 1024)))
    }
  }

  /** Adds one frame as it is, when there is room. */
  async addFrame(frame: Buffer): Promise<void> {
    if (!this.isFull) await this.append(frame)
  }

  async end(code: number): Promise<void> {
    await this.append(exitFrame(code))
    await new Promise((resolve) => this.stream.end(resolve))
  }
}

async function writeMeta(files: RunFiles, job: Job, id: string | null, started: number, returncode: number | null): Promise<void> {
  const status = returncode === null ? 'running' : 'finished'
  const meta = { pid: job.pid, lager_process_id: id, started, status, returncode }
  await writeFile(files.meta, JSON.stringify(meta), { mode: 0o600 })
}

async function logOutput(log: RunLog, fileno: Fileno, reader: AsyncIterable<Buffer>): Promise<void> {
  for await (const bytes of reader) await log.add(fileno, bytes)
  await log.addFrame(emptyFrame(fileno))
}

async function logChannel(log: RunLog, job: Job, stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    for (let bytes = job.channel.read(); bytes.length > 0; bytes = job.channel.read()) await log.add(3, bytes)
    await delay(CHANNEL_POLL_MS, undefined, { signal: stop }).catch(() => undefined)
  }
}

/** Everything appended to the output channel since the last look, in one frame however long. */
function restOfChannel(job: Job): Buffer {
  const rest: Buffer[] = []
  for (let bytes = job.channel.read(); bytes.length > 0; bytes = job.channel.read()) rest.push(bytes)
  const bytes = Buffer.concat(rest)
  return bytes.length === 0 ? emptyFrame(3) : encodeFrames(3, bytes, bytes.length)
}

/**
 * Records a detached run to its end: output, then the rest of the output channel, then the exit frame; only then its
 * description says `finished`. When the disk is full it stops, and the description says `running` for ever.
 *
 * @param closing once aborted, it does not wait for whoever else holds the script's pipes
 */
export async function recordJob(
  job: Job,
  files: RunFiles,
  id: string | null,
  timings: Timings,
  closing: AbortSignal,
): Promise<{ recorded: Promise<void> }> {
  const started = Date.now() / 1000
  await mkdir(files.dir, { recursive: true, mode: 0o700 })
  await writeMeta(files, job, id, started, null)
  const log = await RunLog.open(files.log)
  closing.addEventListener('abort', () => {
    void job.exited.then(() => job.outputs.forEach(({ reader }) => void reader.destroy()))
  })
  const record = async () => {
    const stop = new AbortController()
    const channel = logChannel(log, job, stop.signal)
    const outputs = job.outputs.map(({ fileno, reader }) => logOutput(log, fileno, reader).catch(() => undefined))
    await Promise.all(outputs)
    const code = await exitAfterPipes(job, timings)
    stop.abort()
    await channel
    await log.addFrame(restOfChannel(job))
    await log.end(code)
    await writeMeta(files, job, id, started, code)
  }
  return { recorded: record() }
}
