import { randomBytes } from 'node:crypto'
import { closeSync, fsyncSync, mkdirSync, openSync, readdirSync, rmSync } from 'node:fs'
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import path from 'node:path'

const BUFFER_BYTES = 512 * 1024
const BUFFERS = 512
const READ_BYTES = 256 * 1024
const NAME = /^[0-9a-f]{32}$/

/** A file that is being written. It counts for nothing until it is kept. */
export type Draft = {
  write(chunk: Buffer): Promise<void>
  /** Returns its name once its bytes and its place in the folder are on the disk. */
  keep(): Promise<string>
  /** Removes what was written. Safe to call after a failure of any kind. */
  discard(): Promise<void>
}

/**
 * The bytes of objects and parts, in files whose names are drawn by lot: no key ever becomes a path. A file is written
 * under `tmp/`, synced, and renamed to `data/<two digits>/<name>`; it is never changed afterwards. One that is being read
 * is removed when its last reader has gone.
 */
export class DataFiles {
  private readonly readers = new Map<string, number>()
  private readonly doomed = new Set<string>()

  /** @param onError told when a file that nobody needs any more could not be removed */
  constructor(
    private readonly dir: string,
    private readonly onError: (error: unknown) => void,
  ) {
    rmSync(path.join(dir, 'tmp'), { recursive: true, force: true }) // what a kill in mid-write left
    mkdirSync(path.join(dir, 'tmp'), { recursive: true, mode: 0o700 })
    for (let i = 0; i < 256; i++)
      mkdirSync(path.join(dir, 'data', i.toString(16).padStart(2, '0')), { recursive: true, mode: 0o700 })
    const folder = openSync(path.join(dir, 'data'), 'r')
    fsyncSync(folder)
    closeSync(folder)
  }

  private path(name: string): string {
    if (!NAME.test(name)) throw new Error(`${name} is not the name of a data file`)
    return path.join(this.dir, 'data', name.slice(0, 2), name)
  }

  async create(): Promise<Draft> {
    const name = randomBytes(16).toString('hex')
    const draft = path.join(this.dir, 'tmp', name)
    const file = await open(draft, 'wx', 0o600)
    let waiting: Buffer[] = []
    let waitingBytes = 0
    const flush = async () => {
      const full = waiting
      waiting = []
      waitingBytes = 0
      if (full.length > 0) await writeAll(file, full)
    }
    return {
      write: async (chunk) => {
        waiting.push(chunk)
        waitingBytes += chunk.length
        if (waitingBytes >= BUFFER_BYTES || waiting.length >= BUFFERS) await flush()
      },
      keep: async () => {
        await flush()
        await file.sync()
        await file.close()
        const kept = this.path(name)
        await rename(draft, kept)
        await syncFolder(path.dirname(kept))
        return name
      },
      discard: async () => {
        await file.close().catch(() => {})
        await rm(draft, { force: true })
        await rm(this.path(name), { force: true })
      },
    }
  }

  /** Holds `names` until the returned function is called: who reads sees the whole of what was there when he began. */
  hold(names: readonly string[]): () => void {
    for (const name of names) this.readers.set(name, (this.readers.get(name) ?? 0) + 1)
    let held = true
    return () => {
      if (!held) return
      held = false
      for (const name of names) {
        const left = (this.readers.get(name) ?? 1) - 1
        if (left > 0) this.readers.set(name, left)
        else this.readers.delete(name)
        if (left === 0 && this.doomed.delete(name)) this.unlink(name)
      }
    }
  }

  /** Removes files that nothing refers to any more; never waits and never fails. The next start finds what is left over. */
  remove(names: readonly string[]): void {
    for (const name of names) {
      if (this.readers.has(name)) this.doomed.add(name)
      else this.unlink(name)
    }
  }

  private unlink(name: string): void {
    rm(this.path(name), { force: true }).catch(this.onError)
  }

  /** The bytes from `start` up to, not including, `end`. */
  async *read(name: string, start: number, end: number): AsyncGenerator<Buffer> {
    const file = await open(this.path(name), 'r')
    try {
      for (let at = start; at < end; ) {
        const buffer = Buffer.allocUnsafe(Math.min(READ_BYTES, end - at))
        const { bytesRead } = await file.read(buffer, 0, buffer.length, at)
        if (bytesRead === 0) throw new Error(`data file ${name} is shorter than it was`)
        at += bytesRead
        yield buffer.subarray(0, bytesRead)
      }
    } finally {
      await file.close()
    }
  }

  /** Removes every file that is not among `known`: at the start, what a kill left between two steps. Says how many. */
  removeAllBut(known: ReadonlySet<string>): number {
    let removed = 0
    for (const folder of readdirSync(path.join(this.dir, 'data'))) {
      for (const name of readdirSync(path.join(this.dir, 'data', folder))) {
        if (known.has(name)) continue
        rmSync(path.join(this.dir, 'data', folder, name), { force: true })
        removed += 1
      }
    }
    return removed
  }
}

async function writeAll(file: FileHandle, buffers: Buffer[]): Promise<void> {
  const expected = buffers.reduce((sum, { length }) => sum + length, 0)
  const { bytesWritten } = await file.writev(buffers)
  if (bytesWritten === expected) return
  // A write is cut short on a disk that is nearly full; the next one says so.
  const rest = Buffer.concat(buffers).subarray(bytesWritten)
  await file.writeFile(rest)
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
