import { once } from 'node:events'
import { access, type FileHandle, open, readFile } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { clientGone, STREAM_HEADERS } from './attached'
import type { RunFiles } from './detached'
import { runFiles } from './detached'
import { KEEPALIVE } from './frames'
import { parseJsonObject, readProcessId } from './kill'
import { beginReply, RequestError } from './replies'
import type { Timings } from './timings'

const READ_BYTES = 4096

/** Finds the run that a request names. @throws RequestError 400 without an id, 422 for none that exists, 500 */
export async function findRun(body: Buffer, processes: string): Promise<RunFiles> {
  const id = readProcessId(parseJsonObject(body))
  if (id === undefined) throw new RequestError(400, 'lager_process_id is required')
  const files = runFiles(processes, id)
  await access(files.dir).catch(() => {
    throw new RequestError(422, `Process not found: ${id}`)
  })
  return files
}

async function isFinished(files: RunFiles): Promise<boolean> {
  const meta = await readFile(files.meta, 'utf8')
    .then(JSON.parse)
    .catch(() => ({}))
  return meta?.status === 'finished'
}

/** Sends what the log holds beyond what was sent. */
async function sendNew(log: FileHandle, res: ServerResponse, gone: Promise<unknown>): Promise<void> {
  for (;;) {
    const { buffer, bytesRead } = await log.read(Buffer.alloc(READ_BYTES), 0, READ_BYTES)
    if (bytesRead === 0 || res.destroyed) return
    if (!res.write(buffer.subarray(0, bytesRead))) await Promise.race([once(res, 'drain'), gone])
  }
}

/**
 * Sends a detached run's log from its first byte and follows it to its end. Reads of 4096 bytes cut frames anywhere. A run
 * that was killed has no directory any more, so that nothing says it is over: the stream stays open behind the exit frame,
 * as on a stock box, and the client must leave. Leaving never hurts the run.
 */
export async function attach(files: RunFiles, res: ServerResponse, timings: Timings): Promise<void> {
  const left = new AbortController()
  const gone = clientGone(res).then(() => left.abort())
  beginReply(res, 200, STREAM_HEADERS)
  res.flushHeaders()
  const keepalive = setInterval(() => res.write(KEEPALIVE), timings.keepaliveMs)
  let log: FileHandle | undefined
  try {
    while (!left.signal.aborted) {
      const finished = await isFinished(files) // asked before the last look at the log, so that nothing is missed
      log ??= await open(files.log).catch(() => undefined)
      if (log) await sendNew(log, res, gone)
      if (finished) break
      await delay(timings.logPollMs, undefined, { signal: left.signal }).catch(() => undefined)
    }
    res.end()
  } finally {
    clearInterval(keepalive)
    await log?.close()
  }
}
