import { expect, test, vi } from 'vitest'
import { LogScan, MAX_ITEMS } from './log-scan'

/** A log in which every `step`-th line has the text; one call looks at `most` lines. */
function aLog(lineCount: number, step: number, most = 1_000) {
  const log = {
    lineCount,
    away: false,
    calls: 0,
    async read({ from, limit }: { from: number; limit: number }, signal: AbortSignal) {
      log.calls++
      await Promise.resolve()
      signal.throwIfAborted()
      if (log.away) throw new Error('away')
      const lines: number[] = []
      let n = from
      for (; n <= log.lineCount && n < from + most && lines.length < limit; n++) if (n % step === 0) lines.push(n)
      return { items: lines, nextFrom: n, lineCount: log.lineCount }
    },
  }
  return log
}
const until = (condition: () => unknown) => vi.waitFor(() => expect(condition()).toBeTruthy(), { interval: 1 })

test('a log is searched to its end in small calls, and on when it grows', async () => {
  const log = aLog(4_500, 1_500)
  const search = new LogScan(log.read)
  search.wake()
  await until(() => search.done)
  expect([search.items, log.calls]).toEqual([[1_500, 3_000, 4_500], 5])
  log.lineCount = 6_001
  search.wake()
  await until(() => search.items.length === 4 && search.done)
  expect(search.items.at(-1)).toBe(6_000)
})

test('it stops to count at some thousands', async () => {
  const search = new LogScan(aLog(1_000_000, 2).read)
  search.wake()
  await until(() => search.done)
  expect([search.items.length, search.capped]).toEqual([MAX_ITEMS, true])
})

test('one that rests asks no more, and goes on where it was', async () => {
  const log = aLog(100_000, 7)
  const search = new LogScan(log.read)
  const unwatch = search.watch(() => search.rest())
  search.wake()
  await until(() => search.items.length > 0)
  await new Promise((done) => setImmediate(done))
  expect([log.calls, search.done]).toEqual([1, false])
  unwatch()
  search.wake()
  await until(() => search.done)
  expect(search.items).toEqual(Array.from({ length: MAX_ITEMS }, (_, i) => (i + 1) * 7))
})

test('a failure is told, and the search goes on by itself', async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true })
  const log = aLog(10, 5)
  log.away = true
  const search = new LogScan(log.read)
  search.wake()
  await until(() => search.failure)
  log.away = false
  await vi.advanceTimersByTimeAsync(2_000)
  await until(() => search.done)
  expect([search.items, search.failure]).toEqual([[5, 10], undefined])
  vi.useRealTimers()
})
