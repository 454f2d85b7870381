import { expect, test, vi } from 'vitest'
import { firstHit, hitsText, LogSearch, MAX_HITS } from './log-search'

/** A log in which every `step`-th line has the text; one call looks at `most` lines. */
function aLog(lineCount: number, step: number, most = 1_000) {
  const log = {
    lineCount,
    away: false,
    calls: 0,
    async find({ from, limit }: { from: number; limit: number }, signal: AbortSignal) {
      log.calls++
      await Promise.resolve()
      signal.throwIfAborted()
      if (log.away) throw new Error('away')
      const lines: number[] = []
      let n = from
      for (; n <= log.lineCount && n < from + most && lines.length < limit; n++) if (n % step === 0) lines.push(n)
      return { lines, nextFrom: n, lineCount: log.lineCount }
    },
  }
  return log
}
const until = (condition: () => unknown) => vi.waitFor(() => expect(condition()).toBeTruthy(), { interval: 1 })

test('a log is searched to its end in small calls, and on when it grows', async () => {
  const log = aLog(4_500, 1_500)
  const search = new LogSearch(log.find)
  expect(hitsText(search, null)).toBe('Searching …')
  search.wake()
  await until(() => search.done)
  expect([search.hits, log.calls]).toEqual([[1_500, 3_000, 4_500], 5])
  log.lineCount = 6_001
  search.wake()
  await until(() => search.hits.length === 4 && search.done)
  expect(search.hits.at(-1)).toBe(6_000)
})

test('it stops to count at some thousands', async () => {
  const search = new LogSearch(aLog(1_000_000, 2).find)
  search.wake()
  await until(() => search.done)
  expect([search.hits.length, search.capped]).toEqual([MAX_HITS, true])
  expect(hitsText(search, 4)).toBe('5 of more than 10,000')
})

test('one that rests asks no more, and goes on where it was', async () => {
  const log = aLog(100_000, 7)
  const search = new LogSearch(log.find)
  const unwatch = search.watch(() => search.rest())
  search.wake()
  await until(() => search.hits.length > 0)
  await new Promise((done) => setImmediate(done))
  expect([log.calls, search.done]).toEqual([1, false])
  unwatch()
  search.wake()
  await until(() => search.done)
  expect(search.hits).toEqual(Array.from({ length: MAX_HITS }, (_, i) => (i + 1) * 7))
})

test('a failure is told, and the search goes on by itself', async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true })
  const log = aLog(10, 5)
  log.away = true
  const search = new LogSearch(log.find)
  search.wake()
  await until(() => search.failure)
  log.away = false
  await vi.advanceTimersByTimeAsync(2_000)
  await until(() => search.done)
  expect([search.hits, search.failure]).toEqual([[5, 10], undefined])
  vi.useRealTimers()
})

test('the hit to show first is the next one from what is in sight; the last one where none follows', () => {
  const hits = [10, 20, 30]
  expect(firstHit({ hits, done: false }, 15)).toBe(1)
  expect(firstHit({ hits, done: false }, 31)).toBeNull()
  expect(firstHit({ hits, done: true }, 31)).toBe(2)
  expect(firstHit({ hits: [], done: true }, 1)).toBeNull()
})

test('the count is said as far as it is known', () => {
  expect(hitsText({ hits: [], done: true, capped: false }, null)).toBe('Not found')
  expect(hitsText({ hits: [1, 2], done: true, capped: false }, 0)).toBe('1 of 2')
  expect(hitsText({ hits: [1, 2], done: false, capped: false }, null)).toBe('2 so far found')
})
