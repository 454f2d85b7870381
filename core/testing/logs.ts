import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import type { Db } from '../../db/client'
import { finishAttempt } from '../attempts/finish-attempt'
import { recordExit } from '../attempts/record-exit'
import type { AttemptRef } from '../attempts/tokens'
import type { Ctx } from '../context'
import { appendBatches } from '../logs/append-lines'
import type { LogSource } from '../logs/log-blocks'
import { PackedLogs } from '../logs/packed-logs'
import type { LogBatch } from '../logs/records'
import { aBox, aJob, NO_STORE } from './fixtures'

const NO_LIMITS = { maxBytes: 1e9, maxLines: 1e9 }
const GAP = JSON.stringify({ lines: 7, sizeBytes: 70, why: 'the spool was full' })
const BIT_GAP = 2

/** One record of any stream with any flags. */
export function aRecord(bytes: Buffer, stream: number, flags: number, atMicros: bigint): Buffer {
  const header = Buffer.alloc(14)
  header.writeBigInt64BE(atMicros, 0)
  header.writeUInt8(stream, 8)
  header.writeUInt8(flags, 9)
  header.writeUInt32BE(bytes.length, 10)
  return Buffer.concat([header, bytes])
}

const anyRecord = fc
  .record({
    size: fc.oneof(
      { weight: 8, arbitrary: fc.nat(120) },
      { weight: 1, arbitrary: fc.constantFrom(0, 5_000, 65_535, 65_536) },
    ),
    seed: fc.nat(255),
    stream: fc.integer({ min: 1, max: 3 }),
    flags: fc.nat(7),
    at: fc.bigInt({ min: 0n, max: 2_000_000_000_000_000n }),
  })
  .map(({ size, seed, stream, flags, at }) => {
    const text = flags & BIT_GAP ? Buffer.from(GAP) : Buffer.alloc(size, Buffer.from([seed, 255 - seed, 10, 0, 65]))
    return aRecord(text, stream, flags, at)
  })

/** Any log, in batches as they may arrive: streams, flags and sizes of lines at random, up to 64 KiB a line. */
export const anyBatches: fc.Arbitrary<LogBatch[]> = fc
  .array(fc.array(anyRecord, { minLength: 1, maxLength: 40 }), { minLength: 1, maxLength: 12 })
  .map((chunks) => {
    let firstN = 1
    return chunks.map((records) => {
      const batch = { firstN, count: records.length, records: Buffer.concat(records) }
      firstN += records.length
      return batch
    })
  })

/** Reads logs that are not packed: there is no store. */
export function unpackedLogs(db: Db): LogSource {
  return { db, packedLogs: new PackedLogs(NO_STORE) }
}

/** The log of an attempt that has closed. Each batch becomes a chunk. */
export async function aClosedLog(ctx: Ctx, batches: LogBatch[], limits = NO_LIMITS): Promise<AttemptRef> {
  await aBox(ctx)
  const ref = { jobId: (await aJob(ctx, { state: 'running' })).id, attempt: 1 }
  await appendBatches(
    ctx.db,
    batches.map((batch) => ({ ...ref, batch })),
    limits,
  )
  const last = batches.at(-1)
  await recordExit(ctx.db, ref, { exitCode: 0, signal: null, endedBy: 'script', durationMs: 1 })
  await finishAttempt(ctx.db, ref, last ? last.firstN + last.count - 1 : 0, [])
  return ref
}

/** Batches of short lines, as many as `chunks`; line `n` says its number and a little that differs from line to line. */
export function shortLines(chunks: number, linesEach: number, padding = 0): LogBatch[] {
  return Array.from({ length: chunks }, (_, chunk) => {
    const firstN = chunk * linesEach + 1
    const records = Array.from({ length: linesEach }, (_, i) => {
      const n = firstN + i
      const noise = ((n * 2_654_435_761) % 4_294_967_296).toString(36)
      return aRecord(Buffer.from(`line ${n} ${noise}`.padEnd(padding)), 1, 0, BigInt(n) * 1_000n)
    })
    return { firstN, count: linesEach, records: Buffer.concat(records) }
  })
}

/** Chunks of 64 KiB that don't compress: 150 of them take more than one part of an upload. */
export function noise(chunks: number): LogBatch[] {
  return Array.from({ length: chunks }, (_, i) => {
    return { firstN: i + 1, count: 1, records: aRecord(randomBytes(65_536), 1, 0, BigInt(i)) }
  })
}
