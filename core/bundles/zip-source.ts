import { Readable } from 'node:stream'
import { GetObjectCommand } from '@aws-sdk/client-s3'
import { RandomAccessReader } from 'yauzl'
import type { Store } from '../store/store'
import { StoreUnavailable } from '../store/unavailable'

/** Where a zip lies, to be read in any order. */
export type ZipSource = { sizeBytes: number; read(start: number, end: number): Promise<Buffer> }

export function inlineSource(bytes: Buffer): ZipSource {
  return { sizeBytes: bytes.length, read: async (start, end) => bytes.subarray(start, end) }
}

/** A zip in the object store. @throws StoreUnavailable */
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
        throw new StoreUnavailable(error)
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

  private async copy(into: Buffer, offset: number, length: number, position: number): Promise<number> {
    let copied = 0
    for await (const piece of this.range(position, position + length)) {
      copied += piece.copy(into, offset + copied)
    }
    return copied
  }

  /** The bytes from `start` to before `end`, as far as the zip goes. */
  private async *range(start: number, end: number): AsyncGenerator<Buffer> {
    const last = Math.min(end, this.source.sizeBytes)
    for (let at = start; at < last; ) {
      const number = Math.floor(at / BLOCK_BYTES)
      const block = await this.block(number)
      const piece = block.subarray(at - number * BLOCK_BYTES, last - number * BLOCK_BYTES)
      yield piece
      at += piece.length
    }
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
