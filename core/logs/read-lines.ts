import { isUtf8 } from 'node:buffer'
import type { AttemptRef } from '../attempts/tokens'
import { type LogSource, logBlocks } from './log-blocks'
import { eachRecord, type LogRecord, type Stream } from './records'

/** A log line as every reader gets it. `base64` carries the bytes where `text` can't (not UTF-8, or with NUL). */
export type LogLine = {
  attempt: number
  n: number
  at: string
  stream: Stream
  text: string
  partial?: true
  base64?: string
  torn?: true
  /** Lines that were lost, and counted, stand here instead of a text. */
  gap?: { lines: number; sizeBytes: number; why: string }
}

const BYTES_A_PAGE = 4_000_000

/** Up to `limit` lines of an attempt, from line `fromN` on, in order. Fewer at the end of what is there, or after 4 MB of them. */
export async function readLines(source: LogSource, ref: AttemptRef, fromN: number, limit: number): Promise<LogLine[]> {
  const lines: LogLine[] = []
  let size = 0
  for await (const record of readRecords(source, ref, fromN)) {
    lines.push(toLine(record, ref.attempt))
    size += record.bytes.length
    if (lines.length >= limit || size >= BYTES_A_PAGE) break
  }
  return lines
}

/** The records of an attempt from line `fromN` on, read in ranges; ends at the end of what was there when it got there. */
export async function* readRecords(source: LogSource, ref: AttemptRef, fromN: number): AsyncGenerator<LogRecord> {
  let next = fromN
  for await (const { firstN, records } of logBlocks(source, ref, fromN)) {
    for (const record of eachRecord(records, firstN)) {
      if (record.n < next) continue
      yield record
      next = record.n + 1
    }
  }
}

function toLine({ n, atMicros, stream, partial, gap, torn, bytes }: LogRecord, attempt: number): LogLine {
  const at = new Date(atMicros / 1000).toISOString()
  if (gap) return { attempt, n, at, stream, text: '', gap: JSON.parse(bytes.toString('utf8')) }
  const clean = isUtf8(bytes) && !bytes.includes(0)
  return {
    attempt,
    n,
    at,
    stream,
    text: bytes.toString('utf8'),
    ...(partial && { partial: true as const }),
    ...(torn && { torn: true as const }),
    ...(!clean && { base64: bytes.toString('base64') }),
  }
}
