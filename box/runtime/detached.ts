import { access, type FileHandle, mkdir, open, rename, writeFile } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { exitAfterPipes } from './ending'
import { emptyFrame, encodeFrames, exitFrame, type Fileno, MAX_PAYLOAD_BYTES } from './frames'
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
  private appended: Promise<void> = Promise.resolve()

  private constructor(
    private readonly file: FileHandle,
    private sizeBytes: number,
  ) {}

  /** Opens it for appending: a run that reuses an id goes on behind the older one's log. */
  static async open(path: string): Promise<RunLog> {
    const file = await open(path, 'a', 0o600)
    return new RunLog(file, (await file.stat()).size)
  }

  private get isFull(): boolean {
    return this.sizeBytes >= MAX_LOG_BYTES
  }

  /** One after the other. What could not be written fails this and every later call. */
  private async append(bytes: Buffer): Promise<void> {
    this.sizeBytes += bytes.length
    this.appended = this.appended.then(() => this.file.appendFile(bytes))
    await this.appended
  }

  /** Adds bytes in frames as long as there is room; what comes later is dropped for good. */
  async add(fileno: Fileno, bytes: Buffer): Promise<void> {
    const frames = encodeFrames(fileno, bytes)
    if (this.sizeBytes + frames.length < MAX_LOG_BYTES) return await this.append(frames)
    for (let start = 0; start < bytes.length; start += MAX_PAYLOAD_BYTES) {
      await this.addFrame(encodeFrames(fileno, bytes.subarray(start, start + MAX_PAYLOAD_BYTES)))
    }
  }

  /** Adds one frame as it is, when there is room. */
  async addFrame(frame: Buffer): Promise<void> {
    if (!this.isFull) await this.append(frame)
  }

  /** Adds the exit frame, also to a full log. */
  async end(code: number): Promise<void> {
    await this.append(exitFrame(code))
  }

  async close(): Promise<void> {
    await this.file.close()
  }
}

async function writeMeta(
  files: RunFiles,
  job: Job,
  id: string | null,
  started: number,
  returncode: number | null,
): Promise<void> {
  const status = returncode === null ? 'running' : 'finished'
  const meta = { pid: job.pid, lager_process_id: id, started, status, returncode }
  await writeFile(`${files.meta}.new`, JSON.stringify(meta), { mode: 0o600 })
  await rename(`${files.meta}.new`, files.meta)
}

async function logOutput(log: RunLog, fileno: Fileno, reader: Socket): Promise<void> {
  const source = reader.iterator({ destroyOnReturn: false }) // when the disk is full the script waits, as on a stock box
  try {
    for await (const bytes of source as AsyncIterable<Buffer>) await log.add(fileno, bytes)
  } catch (error) {
    if (!reader.destroyed) throw error
  }
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

async function record(job: Job, log: RunLog, timings: Timings): Promise<number> {
  const stop = new AbortController()
  const channel = logChannel(log, job, stop.signal)
  try {
    await Promise.all(job.outputs.map(({ fileno, reader }) => logOutput(log, fileno, reader)))
    return await exitAfterPipes(job, timings)
  } finally {
    stop.abort()
    await channel
  }
}

/**
 * Records a detached run to its end: output, then the rest of the output channel, then the exit frame; only then its
 * description says `finished`. When the disk is full it stops, and the description says `running` for ever.
 *
 * @param closing once aborted, it does not wait for whoever else holds the script's pipes
 * @returns when the run is described and its log is open; `recorded` settles at its end
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
  const letGo = () => void job.exited.then(() => job.outputs.forEach(({ reader }) => void reader.destroy()))
  closing.addEventListener('abort', letGo, { once: true })
  const toTheEnd = async () => {
    try {
      const code = await record(job, log, timings)
      await log.addFrame(restOfChannel(job))
      await log.end(code)
      // A run that was killed has no description any more, and gets none.
      await access(files.meta)
      await writeMeta(files, job, id, started, code)
    } finally {
      closing.removeEventListener('abort', letGo)
      letGo()
      await log.close()
    }
  }
  return { recorded: toTheEnd() }
}
