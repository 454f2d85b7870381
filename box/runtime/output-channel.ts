import { closeSync, openSync, readSync } from 'node:fs'

const READ_BYTES = 64 * 1024

/** Follows the file that a script appends its records to. Records are not looked into: what was appended is passed on. */
export class OutputChannel {
  private readonly fd: number
  private position = 0
  private readonly buffer = Buffer.alloc(READ_BYTES)

  constructor(path: string) {
    this.fd = openSync(path, 'r')
  }

  /** What was appended since the last call, 64 KiB at most; empty when there is nothing new. */
  read(): Buffer {
    const length = readSync(this.fd, this.buffer, 0, READ_BYTES, this.position)
    this.position += length
    return Buffer.from(this.buffer.subarray(0, length))
  }

  close(): void {
    closeSync(this.fd)
  }
}
