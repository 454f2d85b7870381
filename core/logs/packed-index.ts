/**
 * The index of a packed log: which lines lie where in the object, and by which SHA-256 their bytes are known. It ends the
 * object and stands in `log_heads.packed_index`. Numbers are big-endian.
 *
 *   "SLX1" · last line (4) · SHA-256 of all records (32)
 *   each block: first line (4) · offset in the object (6) · length there (4) · length of its records (4) · SHA-256 of the bytes there (32)
 */
const MAGIC = 'SLX1'
const HEADER_BYTES = 40
const ENTRY_BYTES = 50

export type IndexEntry = { firstN: number; offset: number; length: number; recordBytes: number; sha256: Buffer }

/** Reads an index in place, since that of a large log has thousands of blocks. */
export class PackedIndex {
  readonly count: number

  /** @throws Error when the bytes are no index */
  constructor(readonly bytes: Buffer) {
    this.count = (bytes.length - HEADER_BYTES) / ENTRY_BYTES
    if (bytes.toString('latin1', 0, 4) !== MAGIC || !Number.isInteger(this.count) || this.count < 1)
      throw new Error('This is not the index of a packed log')
  }

  static of(entries: readonly IndexEntry[], lastN: number, sha256: Buffer): PackedIndex {
    const bytes = Buffer.alloc(HEADER_BYTES + entries.length * ENTRY_BYTES)
    bytes.write(MAGIC, 'latin1')
    bytes.writeUInt32BE(lastN, 4)
    sha256.copy(bytes, 8)
    for (const [i, entry] of entries.entries()) {
      const at = HEADER_BYTES + i * ENTRY_BYTES
      bytes.writeUInt32BE(entry.firstN, at)
      bytes.writeUIntBE(entry.offset, at + 4, 6)
      bytes.writeUInt32BE(entry.length, at + 10)
      bytes.writeUInt32BE(entry.recordBytes, at + 14)
      entry.sha256.copy(bytes, at + 18)
    }
    return new PackedIndex(bytes)
  }

  /** Number of the last line of the log. */
  get lastN(): number {
    return this.bytes.readUInt32BE(4)
  }

  /** Of the records of the whole log, one after the other. */
  get sha256(): Buffer {
    return this.bytes.subarray(8, HEADER_BYTES)
  }

  /** A block by its number, from 0. */
  entry(i: number): IndexEntry & { lastN: number } {
    const at = HEADER_BYTES + i * ENTRY_BYTES
    return {
      firstN: this.#firstN(i),
      lastN: i + 1 < this.count ? this.#firstN(i + 1) - 1 : this.lastN,
      offset: this.bytes.readUIntBE(at + 4, 6),
      length: this.bytes.readUInt32BE(at + 10),
      recordBytes: this.bytes.readUInt32BE(at + 14),
      sha256: this.bytes.subarray(at + 18, at + ENTRY_BYTES),
    }
  }

  /** Number of the block that holds line `n`; `count` when the log ends before it. */
  find(n: number): number {
    if (n > this.lastN) return this.count
    let [low, high] = [0, this.count - 1]
    while (low < high) {
      const middle = Math.ceil((low + high) / 2)
      if (this.#firstN(middle) <= n) low = middle
      else high = middle - 1
    }
    return low
  }

  #firstN(i: number): number {
    return this.bytes.readUInt32BE(HEADER_BYTES + i * ENTRY_BYTES)
  }
}
