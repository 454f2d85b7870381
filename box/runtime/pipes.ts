import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { closeSync, constants, openSync, unlinkSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { Socket } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const BATCH = 16
const LOW_MARK = 8

/** Both ends of one pipe. Whoever takes it hands `writeFd` to a child and closes it. */
export type Pipe = { reader: Socket; writeFd: number }

/**
 * Pipes for the output of scripts. Node itself would give a child socket pairs: one can't be shared by stdout and stderr
 * so that their order is kept, and a script can't open /dev/stdout on it. A few named pipes are made ahead, so
 * that a start does not wait for mkfifo.
 */
export class PipePool {
  private readonly ready: string[] = []
  private making: Promise<void> | undefined
  private constructor(private readonly dir: string) {}

  /** Opens the pool in a directory of its own; whatever lay there is removed. */
  static async open(dir: string): Promise<PipePool> {
    await rm(dir, { recursive: true, force: true })
    await mkdir(dir, { recursive: true, mode: 0o700 })
    const pool = new PipePool(dir)
    await pool.refill()
    return pool
  }

  private refill(): Promise<void> {
    this.making ??= this.makeBatch().finally(() => {
      this.making = undefined
    })
    return this.making
  }

  private async makeBatch(): Promise<void> {
    const paths = Array.from({ length: BATCH }, () => join(this.dir, randomUUID()))
    await run('mkfifo', ['-m', '600', ...paths])
    this.ready.push(...paths)
  }

  /** Takes a pipe that nobody else has or had. @throws Error when none can be made */
  async take(): Promise<Pipe> {
    let path = this.ready.shift()
    while (path === undefined) {
      await this.refill()
      path = this.ready.shift()
    }
    // A failure shows where somebody waits for the batch: the next take that finds none.
    if (this.ready.length < LOW_MARK) this.refill().catch(() => undefined)
    const readFd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
    const writeFd = openSync(path, constants.O_WRONLY)
    unlinkSync(path)
    return { reader: new Socket({ fd: readFd, readable: true, writable: false }), writeFd }
  }
}

/** Lets go of a pipe that no child got. */
export function discardPipe(pipe: Pipe): void {
  closeSync(pipe.writeFd)
  pipe.reader.destroy()
}
