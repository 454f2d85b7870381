import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { DomainError } from '../errors'

/**
 * The bytes of a log, as docs/box-api.md ("POST /log") describes them. A record is one numbered line; numbers are implied by
 * the place in the batch. Batches travel with a header and are stored without it, compressed.
 */
const MAGIC = 'SLB1'
const HEADER_BYTES = 12
const RECORD_HEADER_BYTES = 14
/** Upper half of a time in the year 9999; what is beyond no Date can tell. */
const MAX_AT_HIGH = 58_999_999
export const STREAMS = { 1: 'stdout', 2: 'stderr', 3: 'output' } as const
export type Stream = (typeof STREAMS)[keyof typeof STREAMS]
const FLAGS = { partial: 1, gap: 2, torn: 4 } as const

/** A batch as it arrived. `records` holds `count` consecutive lines from `firstN` on; 0 lines is a sign of life. */
export type LogBatch = { firstN: number; count: number; records: Buffer }
/** Whole records of consecutive lines. */
export type LogBlock = { firstN: number; lastN: number; records: Buffer }
export type LogRecord = {
  n: number
  atMicros: number
  stream: Stream
  partial: boolean
  gap: boolean
  torn: boolean
  bytes: Buffer
}

/** Reads a batch off the wire and checks every record's frame. @throws DomainError `bad_request` saying what is wrong where */
export function readBatch(body: Buffer): LogBatch {
  if (body.length < HEADER_BYTES || body.toString('latin1', 0, 4) !== MAGIC)
    throw malformed('it does not begin with SLB1')
  const batch = { firstN: body.readUInt32BE(4), count: body.readUInt32BE(8), records: body.subarray(HEADER_BYTES) }
  if (batch.firstN < 1) throw malformed('lines are numbered from 1')
  const end = offsetAfter(batch.records, batch.count)
  if (end !== batch.records.length) throw malformed(`${batch.records.length - end} bytes follow the last record`)
  return batch
}

/** The batch without its first `lines` lines. */
export function dropLines(batch: LogBatch, lines: number): LogBatch {
  const dropped = Math.min(lines, batch.count)
  return {
    firstN: batch.firstN + dropped,
    count: batch.count - dropped,
    records: batch.records.subarray(offsetAfter(batch.records, dropped)),
  }
}

/** One record that stands for lost lines. */
export function gapRecord(at: Date, gap: { lines: number; sizeBytes: number; why: string }): Buffer {
  const bytes = Buffer.from(JSON.stringify(gap))
  const header = Buffer.alloc(RECORD_HEADER_BYTES)
  header.writeBigInt64BE(BigInt(at.getTime()) * 1000n, 0)
  header.writeUInt8(1, 8)
  header.writeUInt8(FLAGS.gap, 9)
  header.writeUInt32BE(bytes.length, 10)
  return Buffer.concat([header, bytes])
}

/** Walks over the records of a batch or a chunk. `bytes` are views into the buffer. */
export function* eachRecord(records: Buffer, firstN: number): Generator<LogRecord> {
  let offset = 0
  for (let n = firstN; offset < records.length; n++) {
    const flags = records.readUInt8(offset + 9)
    const length = records.readUInt32BE(offset + 10)
    const start = offset + RECORD_HEADER_BYTES
    yield {
      n,
      atMicros: Number(records.readBigInt64BE(offset)),
      stream: STREAMS[records.readUInt8(offset + 8) as keyof typeof STREAMS],
      partial: (flags & FLAGS.partial) !== 0,
      gap: (flags & FLAGS.gap) !== 0,
      torn: (flags & FLAGS.torn) !== 0,
      bytes: records.subarray(start, start + length),
    }
    offset = start + length
  }
}

/** Where the record at `offset` ends. @throws Error when it is cut off */
export function recordEnd(records: Buffer, offset: number): number {
  const start = offset + RECORD_HEADER_BYTES
  const end = start <= records.length ? start + records.readUInt32BE(offset + 10) : start
  if (end > records.length) throw new Error(`A record is cut off at byte ${offset} of ${records.length}`)
  return end
}

export const packRecords = (records: Buffer): Buffer => zstdCompressSync(records)
export const unpackRecords = (data: Buffer): Buffer => zstdDecompressSync(data)

function offsetAfter(records: Buffer, lines: number): number {
  let offset = 0
  for (let line = 0; line < lines; line++) {
    if (offset + RECORD_HEADER_BYTES > records.length) throw malformed(`record ${line + 1} has no header`)
    if (!(records.readUInt8(offset + 8) in STREAMS)) throw malformed(`record ${line + 1} has no known stream`)
    const high = records.readInt32BE(offset)
    if (high < 0 || high > MAX_AT_HIGH) throw malformed(`record ${line + 1} has no sensible time`)
    const start = offset + RECORD_HEADER_BYTES
    const isGap = (records.readUInt8(offset + 9) & FLAGS.gap) !== 0
    offset = start + records.readUInt32BE(offset + 10)
    if (offset > records.length) throw malformed(`record ${line + 1} is cut off`)
    if (isGap && !saysWhatIsLost(records.subarray(start, offset)))
      throw malformed(`record ${line + 1} is no counted gap`)
  }
  return offset
}

/** A gap is read as JSON wherever it is shown: what is none must not get in. */
function saysWhatIsLost(bytes: Buffer): boolean {
  try {
    const { lines, sizeBytes, why } = JSON.parse(bytes.toString('utf8')) as Record<string, unknown>
    return Number.isSafeInteger(lines) && Number.isSafeInteger(sizeBytes) && typeof why === 'string'
  } catch {
    return false
  }
}

const malformed = (what: string) => new DomainError('bad_request', `Malformed log batch: ${what}.`)
