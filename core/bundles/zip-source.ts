import { Readable } from 'node:stream'
import { GetObjectCommand } from '@aws-sdk/client-s3'
import { RandomAccessReader } from 'yauzl'
import { isMissing, StoreAway } from '../store/ask-store'
import { lost } from '../store/open-object'
import type { Store } from '../store/store'

/** Where a zip lies, to be read in any order. */
export type ZipSource = { sizeBytes: number; read(start: number, end: number): Promise<Buffer> }

export function inlineSource(bytes: Buffer): ZipSource {
  return { sizeBytes: bytes.length, read: async (start, end) => bytes.subarray(start, end) }
}

/** A zip in the object store. @throws DomainError `gone` when the store does not have it, StoreAway */
export function storedSource({ client, bucket }: Store, key: string, sizeBytes: number): ZipSource {
  return {
    sizeBytes,
    async read(start, end) {
      try {
        const range = `bytes=${start}-${end - 1}`
        const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key, Range: range }))
        const bytes = await Body?.transformToByteArray()
        if (bytes?.length !== end - start) throw new Error(`The store answered ${bytes?.length} bytes for ${range}`)
        return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
      } catch (error) {
        throw isMissing(error) ? lost() : new StoreAway(error)
      }
    },
  }
}

const BLOCK_BYTES = 2_097_152
const BLOCKS = 3

/** Reads by blocks and remembers the last ones, since a zip is read in many small steps. */
export class BlockReader extends RandomAccessReader {
  private readonly blocks = new Map<number, Promise<Buffer>>()

  constructor(private readonly source: ZipSource) {
    super()
  }

  override read(
    into: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null, bytesRead?: number) => void,
  ): void {
    this.copy(into, offset, length, position).then(
      (bytesRead) => callback(null, bytesRead),
      (error: Error) => callback(error),
    )
  }

  override _readStreamForRange(start: number, end: number): Readable {
    return Readable.from(this.range(start, end), { objectMode: false })
  }

  /** The bytes from `start` to before `end`. */
  async bytes(start: number, end: number): Promise<Buffer> {
    const into = Buffer.allocUnsafe(end - start)
    const bytesRead = await this.copy(into, 0, into.length, start)
    return into.subarray(0, bytesRead)
  }

  private async copy(into: Buffer, offset: number, length: number, position: number): Promise<number> {
    const last = Math.min(position + length, this.source.sizeBytes)
    for (let at = position; at < last; ) {
      const piece = await this.piece(at, last)
      at += piece.copy(into, offset + at - position)
    }
    return Math.max(0, last - position)
  }

  /** The bytes from `start` to before `end`, as far as the zip goes. */
  private async *range(start: number, end: number): AsyncGenerator<Buffer> {
    const last = Math.min(end, this.source.sizeBytes)
    for (let at = start; at < last; ) {
      const piece = await this.piece(at, last)
      yield piece
      at += piece.length
    }
  }

  /** The bytes from `at` to before `last`, or to where the block ends. */
  private async piece(at: number, last: number): Promise<Buffer> {
    const number = Math.floor(at / BLOCK_BYTES)
    const block = await this.block(number)
    return block.subarray(at - number * BLOCK_BYTES, last - number * BLOCK_BYTES)
  }

  private block(number: number): Promise<Buffer> {
    const start = number * BLOCK_BYTES
    const block =
      this.blocks.get(number) ?? this.source.read(start, Math.min(start + BLOCK_BYTES, this.source.sizeBytes))
    this.blocks.delete(number)
    this.blocks.set(number, block)
    const [oldest] = this.blocks.keys()
    if (this.blocks.size > BLOCKS && oldest !== undefined) this.blocks.delete(oldest)
    return block
  }
}
