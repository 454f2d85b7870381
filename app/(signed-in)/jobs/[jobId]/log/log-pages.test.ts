import { afterEach, expect, test, vi } from 'vitest'
import { LogPages } from './log-pages'

/** A server with a log of numbered lines, that can stall and fail. */
function aLog(lineCount: number) {
  const log = {
    lineCount,
    closed: false,
    away: false,
    largest: Number.POSITIVE_INFINITY,
    reads: [] as { from: number; limit: number }[],
    async read(range: { from: number; limit: number }, signal: AbortSignal) {
      log.reads.push(range)
      await Promise.resolve()
      signal.throwIfAborted()
      if (log.away) throw new Error('away')
      const count = Math.max(0, Math.min(range.limit, log.largest, log.lineCount - range.from + 1))
      const items = Array.from({ length: count }, (_, index) => aLine(range.from + index))
      return { items, lineCount: log.lineCount, closed: log.closed }
    },
  }
  return log
}

const aLine = (n: number) => ({ n, at: '2026-11-23T12:00:00.000Z', stream: 'stdout' as const, text: `line ${n}` })
const settled = () => vi.waitFor(() => undefined)
const until = (condition: () => unknown) => vi.waitFor(() => expect(condition()).toBeTruthy(), { interval: 1 })

afterEach(() => vi.useRealTimers())

test('a million lines open at the end with the pages there, and nothing else', async () => {
  const log = aLog(1_000_000)
  const pages = new LogPages(log.read, 1_000_000)
  pages.want(999_960, 1_000_000)
  await until(() => pages.line(1_000_000) && pages.line(998_001))
  expect(pages.line(1_000_000)?.text).toBe('line 1000000')
  expect(log.reads).toEqual([
    { from: 999_001, limit: 1_000 },
    { from: 998_001, limit: 1_000 },
  ])
})

test('a reader at the end gets new lines with their content, one read each time', async () => {
  const log = aLog(10)
  const pages = new LogPages(log.read, 10)
  pages.want(1, 10)
  await until(() => pages.line(10))
  const seen: [number, boolean][] = []
  pages.watch(() => seen.push([pages.lineCount, pages.line(pages.lineCount) !== undefined]))
  log.lineCount = 12
  pages.wake(12)
  await until(() => pages.lineCount === 12)
  expect(seen).toEqual([[12, true]])
  expect(log.reads.at(-1)).toEqual({ from: 11, limit: 1_000 })
})

test('a reader elsewhere only learns how long the log is', async () => {
  const log = aLog(5_000)
  const pages = new LogPages(log.read, 5_000)
  pages.want(1, 40)
  await until(() => pages.line(40))
  await settled()
  const before = log.reads.length
  log.lineCount = 9_000
  pages.wake(9_000)
  await until(() => pages.lineCount === 9_000)
  expect(log.reads.length).toBe(before)
})

test('wake-ups that come while it reads lead to one more read, however many they are', async () => {
  const log = aLog(0)
  const pages = new LogPages(log.read, 0)
  for (let n = 1; n <= 50; n += 1) {
    log.lineCount = n
    pages.wake(n)
  }
  await until(() => pages.lineCount === 50)
  await settled()
  expect(log.reads.length).toBeLessThanOrEqual(2)
})

test('a reader who fell far behind is taken to the end', async () => {
  const log = aLog(10)
  const pages = new LogPages(log.read, 10)
  pages.want(1, 10)
  await until(() => pages.line(10))
  log.lineCount = 50_000
  pages.wake(50_000)
  await until(() => pages.lineCount === 50_000)
  pages.want(49_960, 50_000)
  await until(() => pages.line(50_000))
  expect(log.reads.length).toBeLessThan(8)
})

test('answers that are cut short are continued', async () => {
  const log = aLog(2_500)
  log.largest = 300
  const pages = new LogPages(log.read, 2_500)
  pages.want(1_001, 1_040)
  await until(() => [1_001, 1_500, 2_000].every((n) => pages.line(n)))
})

test('says when nothing will follow, and asks no more', async () => {
  const log = aLog(3)
  const pages = new LogPages(log.read, 3)
  pages.want(1, 3)
  await until(() => pages.line(3))
  log.closed = true
  pages.wake(0)
  await until(() => pages.closed)
  const before = log.reads.length
  pages.wake(0)
  await settled()
  expect(log.reads.length).toBe(before)
})

test('pages that were left before they came are given up, and read when one comes back', async () => {
  const log = aLog(100_000)
  const pages = new LogPages(log.read, 100_000)
  pages.want(50_001, 50_040)
  pages.want(1, 40)
  pages.want(50_001, 50_040)
  await until(() => pages.line(50_020))
  expect(pages.line(1)).toBeUndefined()
})

test('pages that nobody looks at are forgotten', async () => {
  const log = aLog(100_000)
  const pages = new LogPages(log.read, 100_000)
  for (let page = 0; page < 60; page += 1) {
    pages.want(page * 1_000 + 1, page * 1_000 + 40)
    await until(() => pages.line(page * 1_000 + 40))
  }
  const kept = Array.from({ length: 100 }, (_, page) => pages.line(page * 1_000 + 1)).filter(Boolean)
  expect(kept.length).toBeLessThanOrEqual(26)
  expect(pages.line(59_001)).toBeDefined()
})

test('a server that is away is asked again, and the failure goes when it is back', async () => {
  vi.useFakeTimers()
  const log = aLog(5)
  log.away = true
  const pages = new LogPages(log.read, 5)
  pages.want(1, 5)
  await vi.advanceTimersByTimeAsync(0)
  expect(pages.failure).toBeInstanceOf(Error)
  log.away = false
  await vi.advanceTimersByTimeAsync(2_000)
  expect([pages.failure, pages.line(5)?.text]).toEqual([undefined, 'line 5'])
})
