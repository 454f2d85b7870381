import { readdir, readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { Attempt } from './testing/attempt'
import { processesOf, until } from './testing/processes'

/** What a script prints that counts to `count`. */
function counted(count: number): string {
  return Array.from({ length: count }, (_, i) => `line ${i}\n`).join('')
}

const COUNT_20_000 = 'for i in range(20000): print("line", i)'
/** Counts, and waits in the middle until the test lets it go on. */
const COUNT_WITH_PAUSE = [
  'import os, time',
  'for i in range(3000):',
  '    if i == 1000:',
  '        while not os.path.exists("go"): time.sleep(.01)',
  '    print("line", i)',
].join('\n')

test('20 000 lines printed as fast as can be arrive once and in order', async () => {
  const attempt = await Attempt.start(COUNT_20_000)
  await attempt.closed()
  expect(attempt.collector.text()).toBe(counted(20_000))
  expect(attempt.collector.batches).toBeLessThan(2_000)
})

test('answers that get lost, server errors and cut connections neither lose nor double a line', async () => {
  const attempt = await Attempt.start(COUNT_WITH_PAUSE, { launch: false })
  const { collector } = attempt
  collector.mischief = (path, nth) => {
    if (path === '/log')
      return nth % 4 === 1 ? 'cut_after' : nth % 4 === 2 ? 500 : nth % 4 === 3 ? 'cut_before' : undefined
    return nth === 1 && (path === '/exit' || path === '/done') ? 'cut_after' : undefined
  }
  await attempt.launch()
  await until('a first batch', () => collector.lines.length > 0)
  await attempt.putIntoJob('go')
  await attempt.closed()
  expect(collector.text()).toBe(counted(3000))
  expect(collector.resentLines).toBeGreaterThan(0)
})

test('a server that lost acknowledged lines says from where, and gets them again', async () => {
  const attempt = await Attempt.start(COUNT_WITH_PAUSE)
  const { collector } = attempt
  await until('all that was printed', () => collector.lines.length === 1000)
  collector.forgetAfter(10)
  await attempt.putIntoJob('go')
  await attempt.closed()
  expect(collector.text()).toBe(counted(3000))
})

test('acknowledged lines that the box no longer has either become counted gaps', async () => {
  const attempt = await Attempt.start(COUNT_WITH_PAUSE, { spoolBytes: 100_000 })
  const { collector } = attempt
  await until(
    'all that was printed',
    () => collector.lines.length >= 100 && collector.lines.at(-1)?.bytes.toString() === 'line 999',
  )
  collector.forgetAfter(10)
  await attempt.putIntoJob('go')
  await attempt.closed()
  expect(collector.lines.slice(0, 12).map((line) => line.gap)).toEqual([...Array<boolean>(10).fill(false), true, true])
  expect(collector.lines.at(-1)?.bytes.toString()).toBe('line 2999')
  expect(collector.dones).toEqual([{ lastN: collector.lines.length, leftovers: [] }])
})

test('the collector is away in mid-run: the script goes on, and every line arrives', async () => {
  const attempt = await Attempt.start(COUNT_WITH_PAUSE)
  const { collector } = attempt
  await until('a first batch', () => collector.lines.length > 0)
  await collector.stop()
  await attempt.putIntoJob('go')
  await until('the script’s end without a collector', async () => {
    const all = await processesOf(attempt.tmp, attempt.processId)
    return all.length > 0 && all.every((process) => !process.environ.includes(attempt.processId))
  })
  await collector.listen()
  await attempt.closed()
  expect(collector.text()).toBe(counted(3000))
  expect(collector.exits).toMatchObject([{ exitCode: 0, endedBy: 'script' }])
})

test('a full spool drops into counted gaps, and the script is never held up', async () => {
  const attempt = await Attempt.start(COUNT_20_000, { spoolBytes: 100_000, launch: false })
  const { collector } = attempt
  collector.mischief = (path) => (path === '/log' && collector.exits.length === 0 ? 503 : undefined)
  await attempt.launch()
  await attempt.closed()

  const gaps = collector.lines.filter((line) => line.gap).map((line) => JSON.parse(line.bytes.toString()))
  expect(gaps.length).toBeGreaterThan(0)
  const kept = collector.lines.filter((line) => !line.gap)
  const lost = gaps.reduce((sum: number, gap: { lines: number }) => sum + gap.lines, 0)
  expect(kept.length + lost).toBe(20_000)
  const bytes = kept.reduce((sum, line) => sum + line.bytes.length, 0)
  const lostBytes = gaps.reduce((sum: number, gap: { sizeBytes: number }) => sum + gap.sizeBytes, 0)
  expect(bytes + lostBytes).toBe(counted(20_000).length - 20_000)
})

test('long lines travel in pieces, and are joined again without a seam', async () => {
  const attempt = await Attempt.start(
    'import sys\nfor size in (65535, 65536, 65537, 131072, 3000000): sys.stdout.write("x" * size + "\\n")',
  )
  await attempt.closed()
  const expected = [65_535, 65_536, 65_537, 131_072, 3_000_000].map((size) => `${'x'.repeat(size)}\n`).join('')
  expect(attempt.collector.bytes(1).equals(Buffer.from(expected))).toBe(true)
  expect(Math.max(...attempt.collector.lines.map((line) => line.bytes.length))).toBe(65_536)
})

test('large batches are compressed when that pays, and sent smaller when they are refused', async () => {
  const attempt = await Attempt.start('for i in range(60000): print("the same words in every line", i)', {
    launch: false,
  })
  const { collector } = attempt
  collector.mischief = (path) => (path === '/log' && collector.exits.length === 0 ? 503 : undefined)
  collector.largestBatch = 5_000
  await attempt.launch()
  await attempt.closed()
  expect(collector.lines.length).toBe(60_000)
  expect(collector.text().endsWith('every line 59999\n')).toBe(true)
  expect(collector.requests.some((request) => request.what === 'POST /log' && request.gzip)).toBe(true)
})

test('a large log with the collector away waits on the disk and not in memory', async () => {
  const attempt = await Attempt.start(
    'import sys\nfor i in range(100): sys.stdout.write(("%0999d\\n" % i) * 1000)', // 100 MB
    { launch: false },
  )
  const { collector } = attempt
  collector.mischief = (path) => (path === '/log' && collector.exits.length === 0 ? 503 : undefined)
  collector.keepsLines = false
  await attempt.launch()
  await until('the supervisor', async () => (await supervisor(attempt)) !== undefined)
  const { pid } = (await supervisor(attempt)) ?? { pid: 0 }
  let peakKilobytes = 0
  await until('the end', async () => {
    const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
    peakKilobytes = Math.max(peakKilobytes, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0))
    return collector.dones.length > 0
  })
  expect(collector.received).toBe(100_000)
  expect(peakKilobytes).toBeLessThan(40_000)
  await until('an empty box', async () => (await readdir(attempt.tmp)).length === 0)
})

async function supervisor(attempt: Attempt) {
  const all = await processesOf(attempt.tmp, attempt.processId)
  return all.find((process) => process.comm === 'stout-super')
}
