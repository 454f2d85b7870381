import type { AttemptRef } from '../attempts/tokens'
import type { Ctx } from '../context'
import type { JobId } from '../ids'
import { visibleJob } from '../jobs/visible-job'
import type { LogSource } from './log-blocks'
import { readRecords } from './read-lines'
import { lastLine, visibleAttempt } from './read-log'

/** What one call looks at, at most; whoever wants to know more goes on from `nextFrom`. */
const BYTES_A_SEARCH = 16_000_000
/** What a line costs beside its bytes, so that a log of empty lines has an end too. */
const BYTES_A_LINE = 40
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what colours a terminal
const COLOURS = /\x1b\[[0-?]*[ -/]*[@-~]/g
const ESC = 0x1b

export type LogHits = {
  attempt: number
  /** Numbers of the lines that have the text, in order. */
  lines: number[]
  /** The line to go on from: everything before it was looked at. */
  nextFrom: number
  /** Lines that there are; the search is through when `nextFrom` is beyond it. */
  lineCount: number
}

/**
 * Finds the lines of an attempt that have a text in them, from line `from` on. Looks at 16 MB at most, and stops after `limit`
 * lines: a search of a large log is many small calls, and none of them holds the process up. Colours are no part of a line's
 * text; neither are lost lines, which nobody has.
 * @throws NotFound; DomainError `unavailable` when the log is packed and the store does not answer
 */
export async function findInLog(
  ctx: Ctx & LogSource,
  jobId: JobId,
  wanted: { attempt?: number | undefined; text: string; matchCase: boolean; from: number; limit: number },
): Promise<LogHits> {
  const attempt = visibleAttempt(await visibleJob(ctx.db, ctx, jobId), wanted.attempt)
  if (attempt === 0) return { attempt, lines: [], nextFrom: wanted.from, lineCount: 0 }
  const ref = { jobId, attempt }
  return { attempt, ...(await search(ctx, ref, wanted)), lineCount: await lastLine(ctx, ref) }
}

async function search(
  source: LogSource,
  ref: AttemptRef,
  { text, matchCase, from, limit }: { text: string; matchCase: boolean; from: number; limit: number },
): Promise<Pick<LogHits, 'lines' | 'nextFrom'>> {
  const has = hasText(text, matchCase)
  const lines: number[] = []
  let nextFrom = from
  let size = 0
  for await (const { n, gap, bytes } of readRecords(source, ref, from)) {
    if (!gap && has(bytes)) lines.push(n)
    nextFrom = n + 1
    size += bytes.length + BYTES_A_LINE
    if (lines.length >= limit || size >= BYTES_A_SEARCH) break
  }
  return { lines, nextFrom }
}

/** Tells whether the bytes of a line have the text, read as UTF-8. */
function hasText(text: string, matchCase: boolean): (bytes: Buffer) => boolean {
  const fold = (line: string) => (matchCase ? line : line.toLowerCase())
  const needle = fold(text)
  return (bytes) => {
    const line = bytes.toString('utf8')
    return fold(bytes.includes(ESC) ? line.replace(COLOURS, '') : line).includes(needle)
  }
}
