import type { Ctx } from '../context'
import type { JobId } from '../ids'
import { visibleJob } from '../jobs/visible-job'
import type { LogSource } from './log-blocks'
import { lastLine, visibleAttempt } from './read-log'
import type { LogRecord } from './records'
import { scanLog, scanLogBack } from './scan-log'

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what colours a terminal
const COLOURS = /\x1b\[[0-?]*[ -/]*[@-~]/g
const ESC = 0x1b

export type LogHits = {
  attempt: number
  /** Numbers of the lines that have the text, in the order in which they were looked for. */
  lines: number[]
  /** The line to go on from: everything between `from` and it was looked at. */
  nextFrom: number
  /** Lines that there are; the search is through when `nextFrom` is beyond it or, backwards, 0. */
  lineCount: number
}

type Wanted = {
  attempt?: number | undefined
  text: string
  matchCase: boolean
  /** From `from` to lines before it. */
  backwards?: boolean
  /** Default: the first line or, backwards, the last. */
  from?: number | undefined
  limit: number
}

/**
 * Finds the lines of an attempt that have a text in them, from line `from` on, as far as one call of `scanLog` comes. Colours are
 * no part of a line's text; neither are lost lines, which nobody has.
 * @throws NotFound; DomainError `unavailable` when the log is packed and the store does not answer
 */
export async function findInLog(ctx: Ctx & LogSource, jobId: JobId, wanted: Wanted): Promise<LogHits> {
  const attempt = visibleAttempt(await visibleJob(ctx.db, ctx, jobId), wanted.attempt)
  if (attempt === 0) return { attempt, lines: [], nextFrom: wanted.backwards ? 0 : (wanted.from ?? 1), lineCount: 0 }
  const ref = { jobId, attempt }
  const has = hasText(wanted.text, wanted.matchCase)
  const fits = ({ gap, bytes }: LogRecord) => !gap && has(bytes)
  const { from, limit } = wanted
  if (wanted.backwards) {
    const lineCount = await lastLine(ctx, ref)
    const found = await scanLogBack(ctx, ref, { from: Math.min(from ?? lineCount, lineCount), limit }, fits)
    return { attempt, lines: found.items, nextFrom: found.nextFrom, lineCount }
  }
  const found = await scanLog(ctx, ref, { from: from ?? 1, limit }, (record) => (fits(record) ? record.n : undefined))
  return { attempt, lines: found.items, nextFrom: found.nextFrom, lineCount: await lastLine(ctx, ref) }
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
