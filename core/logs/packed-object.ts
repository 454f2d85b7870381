import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { zstdCompress } from 'node:zlib'
import { type IndexEntry, PackedIndex } from './packed-index'
import { type LogBlock, recordEnd } from './records'

/**
 * A whole log as one object. It explains itself, and `zstd -d` makes of it the records one after the other (docs/box-api.md
 * says what a record is), since what is no block stands in skippable frames:
 *
 *   skippable frame: "STOUT LOG 1 <job>/<attempt>"
 *   blocks: each a zstd frame of whole records
 *   skippable frame: the index (packed-index.ts), its length (4, big-endian), "STOUTEND"
 */
const BLOCK_BYTES = 256 * 1024
const SKIPPABLE_FRAME = 0x184d2a5e
const TRAILER = 'STOUTEND'

const compress = promisify(zstdCompress)
export const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest()

/** Makes the bytes of an object, block after block; holds no more than its index. */
export class PackedWriter {
  readonly #entries: IndexEntry[] = []
  readonly #records = createHash('sha256')
  #offset = 0
  #lastN = 0
  /** Once `end` was called. */
  index: PackedIndex | undefined

  begin(name: string): Buffer {
    return this.#put(skippable(Buffer.from(`STOUT LOG 1 ${name}`)))
  }

  async add({ firstN, lastN, records }: LogBlock): Promise<Buffer> {
    this.#records.update(records)
    const bytes = await compress(records)
    const { length } = bytes
    this.#entries.push({ firstN, offset: this.#offset, length, recordBytes: records.length, sha256: sha256(bytes) })
    this.#lastN = lastN
    return this.#put(bytes)
  }

  end(): Buffer {
    this.index = PackedIndex.of(this.#entries, this.#lastN, this.#records.digest())
    return endOf(this.index)
  }

  #put(bytes: Buffer): Buffer {
    this.#offset += bytes.length
    return bytes
  }
}

/** What follows the last block. */
export function endOf({ bytes }: PackedIndex): Buffer {
  const trailer = Buffer.alloc(4 + TRAILER.length)
  trailer.writeUInt32BE(bytes.length)
  trailer.write(TRAILER, 4, 'latin1')
  return skippable(Buffer.concat([bytes, trailer]))
}

function skippable(bytes: Buffer): Buffer {
  const header = Buffer.alloc(8)
  header.writeUInt32LE(SKIPPABLE_FRAME)
  header.writeUInt32LE(bytes.length, 4)
  return Buffer.concat([header, bytes])
}

/**
 * Cuts the records of a log anew, into blocks of 256 KiB and at most one record more.
 * @throws Error where a block does not hold the lines that it says, or one does not follow the one before
 */
export async function* recut(blocks: AsyncIterable<LogBlock>, blockBytes = BLOCK_BYTES): AsyncGenerator<LogBlock> {
  let held: Buffer[] = []
  let size = 0
  let firstN = 1
  let n = 0
  for await (const { records, ...block } of blocks) {
    if (block.firstN !== n + 1) throw new Error(`Line ${n + 1} is missing: line ${block.firstN} follows`)
    let start = 0
    for (let end = 0; end < records.length; ) {
      end = recordEnd(records, end)
      n++
      if (size + end - start < blockBytes) continue
      yield { firstN, lastN: n, records: Buffer.concat([...held, records.subarray(start, end)]) }
      ;[held, size, start, firstN] = [[], 0, end, n + 1]
    }
    if (n !== block.lastN) throw new Error(`Lines from ${block.firstN} end at ${n}, not at ${block.lastN}`)
    held.push(records.subarray(start))
    size += records.length - start
  }
  if (size > 0) yield { firstN, lastN: n, records: Buffer.concat(held) }
}
