import type { AttemptRef } from '../attempts/tokens'
import type { LogSource } from './log-blocks'
import { readRecords } from './read-lines'
import type { LogRecord, Stream } from './records'

const PIECE_BYTES = 256 * 1024

/**
 * The bytes that the script wrote to some of its streams, in the order of their lines, in pieces of about 256 KiB. Where lines
 * were lost stands one line that says so.
 */
export async function* rawLog(source: LogSource, ref: AttemptRef, streams: readonly Stream[]): AsyncGenerator<Buffer> {
  let piece: Buffer[] = []
  let size = 0
  for await (const record of readRecords(source, ref, 1)) {
    if (!streams.includes(record.stream)) continue
    const bytes = bytesOf(record)
    piece.push(bytes)
    size += bytes.length
    if (size < PIECE_BYTES) continue
    yield Buffer.concat(piece)
    piece = []
    size = 0
  }
  if (size > 0) yield Buffer.concat(piece)
}

const NEWLINE = Buffer.from('\n')

function bytesOf({ bytes, partial, gap }: LogRecord): Buffer {
  if (gap) {
    const { lines, sizeBytes, why } = JSON.parse(bytes.toString('utf8')) as Record<string, unknown>
    return Buffer.from(`\n--- stout: ${lines} lines (${sizeBytes} bytes) are missing here: ${why} ---\n`)
  }
  return partial ? bytes : Buffer.concat([bytes, NEWLINE])
}
