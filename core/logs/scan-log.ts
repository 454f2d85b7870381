import type { AttemptRef } from '../attempts/tokens'
import type { LogSource } from './log-blocks'
import { readRecords } from './read-lines'
import type { LogRecord } from './records'

/** What one call looks at, at most; whoever wants to know more goes on from `nextFrom`. */
const BYTES_A_SCAN = 16_000_000
/** What a line costs beside its bytes, so that a log of empty lines has an end too. */
const BYTES_A_LINE = 40
/** What one call answers with, at most, but for one item. */
const BYTES_AN_ANSWER = 4_000_000

/**
 * Looks for some lines among all of an attempt, from line `from` on. Stops after `limit` of them, after 4 MB of them, or when it
 * has looked at 16 MB: to go through a large log takes many small calls, and none of them holds the process up.
 * @param pick what is to be told of a line; undefined: nothing
 * @returns the items, and the line to go on from: everything before it was looked at
 */
export async function scanLog<T>(
  source: LogSource,
  ref: AttemptRef,
  { from, limit }: { from: number; limit: number },
  pick: (record: LogRecord) => T | undefined,
): Promise<{ items: T[]; nextFrom: number }> {
  const items: T[] = []
  let nextFrom = from
  let looked = 0
  let told = 0
  for await (const record of readRecords(source, ref, from)) {
    const item = pick(record)
    nextFrom = record.n + 1
    looked += record.bytes.length + BYTES_A_LINE
    if (item !== undefined) {
      items.push(item)
      told += record.bytes.length
    }
    if (items.length >= limit || looked >= BYTES_A_SCAN || told >= BYTES_AN_ANSWER) break
  }
  return { items, nextFrom }
}

/** Lines that a look back begins with. They are stored to be read forwards: what is looked at begins before them, and ends with the first. */
const LINES_BACK = 20_000

/**
 * As `scanLog`, from line `from` to lines before it: numbers of those that fit, the last ones first. Where lines are so large that one call
 * cannot look at as many, it looks at fewer.
 * @returns the numbers, and the line to go on from: everything after it was looked at; 0 when there is none before
 */
export async function scanLogBack(
  source: LogSource,
  ref: AttemptRef,
  { from, limit }: { from: number; limit: number },
  fits: (record: LogRecord) => boolean,
): Promise<{ items: number[]; nextFrom: number }> {
  for (let lines = LINES_BACK; ; lines = Math.ceil(lines / 4)) {
    const first = Math.max(1, from - lines + 1)
    const found = await allBetween(source, ref, { first, last: from }, fits)
    if (!found) continue
    const items = found.toReversed().slice(0, limit)
    return { items, nextFrom: (items.length < found.length ? (items.at(-1) ?? first) : first) - 1 }
  }
}

/** Numbers of the lines between the two that fit; undefined when they are more than one call looks at. */
async function allBetween(
  source: LogSource,
  ref: AttemptRef,
  { first, last }: { first: number; last: number },
  fits: (record: LogRecord) => boolean,
): Promise<number[] | undefined> {
  const found: number[] = []
  let looked = 0
  for await (const record of readRecords(source, ref, first)) {
    if (record.n > last) break
    looked += record.bytes.length + BYTES_A_LINE
    if (looked > BYTES_A_SCAN && last > first) return undefined
    if (fits(record)) found.push(record.n)
  }
  return found
}
