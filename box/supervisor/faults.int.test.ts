import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Attempt, PYTHON } from './testing/attempt'
import { processesOf, until } from './testing/processes'
import { CAN_MOUNT, onSmallDisk } from './testing/small-disk'

const isLog = (path: string) => path === '/log'

/** The most memory that the supervisor had, in KiB, looked at until `check` holds. */
async function peakUntil(attempt: Attempt, what: string, check: () => boolean, withinMs?: number): Promise<number> {
  const find = async () =>
    (await processesOf(attempt.tmp, attempt.processId)).find(({ comm }) => comm === 'stout-super')
  await until('the supervisor', async () => (await find()) !== undefined)
  const pid = (await find())?.pid
  let peak = 0
  await until(
    what,
    async () => {
      const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
      peak = Math.max(peak, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0))
      return check()
    },
    withinMs,
  )
  return peak
}

test.skipIf(!CAN_MOUNT)(
  'the disk below the spool is full: memory takes some, the rest is counted, the script goes on',
  async () => {
    const { attempt, disk } = await onSmallDisk(
      await Attempt.start('for i in range(100_000): print("%0099d" % i)', { launch: false }),
      '1m',
    ) // 10 MB
    const { collector } = attempt
    collector.mischief = (path) => (isLog(path) && collector.exits.length === 0 ? 503 : undefined)
    expect(await attempt.launch()).toEqual({ code: 0, output: '' })
    await until('done', () => collector.dones.length > 0)
    expect(collector.exits).toMatchObject([{ exitCode: 0, endedBy: 'script' }])
    const gaps = collector.lines.filter(({ gap }) => gap).map(({ bytes }) => JSON.parse(bytes.toString()))
    expect(gaps[0]).toMatchObject({ why: 'the disk of the box was full' })
    const kept = collector.lines.filter(({ gap }) => !gap)
    expect(kept.length).toBeGreaterThan(30_000) // 4 MB of memory
    expect(kept.length + gaps.reduce((sum: number, { lines }: { lines: number }) => sum + lines, 0)).toBe(100_000)
    await until('its end', async () => (await processesOf(disk, attempt.processId)).length === 0)
  },
)

const FILL = [
  'try:',
  '    with open("data", "wb", buffering=0) as file:',
  '        while True: file.write(bytes(4096))',
  'except OSError as problem: print(problem.strerror)',
]

test.skipIf(!CAN_MOUNT)('what cannot be told in supervisor.log, since the disk is full, stops nothing', async () => {
  const { attempt, disk } = await onSmallDisk(await Attempt.start(FILL.join('\n'), { launch: false }), '1m')
  const { collector } = attempt
  let troubles = 0
  collector.mischief = (path) => (isLog(path) && ++troubles <= 3 ? 503 : undefined) // the first one would be told there
  await attempt.launch()
  await until('done', () => collector.dones.length > 0)
  expect(troubles).toBeGreaterThan(3)
  expect(collector.text()).toBe('No space left on device\n')
  expect(collector.exits).toMatchObject([{ exitCode: 0, endedBy: 'script' }])
  await until('its end', async () => (await processesOf(disk, attempt.processId)).length === 0)
})

test.skipIf(!CAN_MOUNT)('a script that fills the disk sees that, and everything that it says is told', async () => {
  const script = ['import sys', ...FILL, 'for i in range(2000): print("line", i)', 'sys.exit(5)'].join('\n')
  const { attempt, disk } = await onSmallDisk(await Attempt.start(script, { launch: false }), '2m')
  await attempt.launch()
  await until('done', () => attempt.collector.dones.length > 0)
  const counted = Array.from({ length: 2000 }, (_, i) => `line ${i}\n`).join('')
  expect(attempt.collector.text()).toBe(`No space left on device\n${counted}`)
  expect(attempt.collector.exits).toMatchObject([{ exitCode: 5, endedBy: 'script' }])
  await until('its end', async () => (await processesOf(disk, attempt.processId)).length === 0)
})

test.skipIf(!CAN_MOUNT)('no room for the supervisor itself: the launcher refuses, and says why', async () => {
  const { attempt } = await onSmallDisk(await Attempt.start('print(1)', { launch: false }), '4k,nr_inodes=2')
  expect(await attempt.launch()).toMatchObject({ code: 3, output: expect.stringMatching(/No space left on device/) })
  expect(attempt.collector.requests).toEqual([])
})

test('a launcher that cannot write all of the supervisor leaves nothing of it behind', async () => {
  const attempt = await Attempt.start('print(1)', { launch: false })
  const limited = join(attempt.tmp, 'python')
  await writeFile(limited, `#!/bin/sh\nulimit -f 1\nexec ${PYTHON} "$@"\n`, { mode: 0o700 })
  expect(await attempt.launch(limited)).toMatchObject({ code: 3, output: expect.stringMatching(/File too large/) })
  expect((await readdir(attempt.tmp)).filter((name) => name.startsWith('stout-'))).toEqual([])
})

test('100 MB without a newline arrive, and do not pile up in memory', async () => {
  const attempt = await Attempt.start('import os\nblock = b"x" * 1_000_000\nfor i in range(100): os.write(1, block)')
  const { collector } = attempt
  const peak = await peakUntil(attempt, 'the end', () => collector.dones.length > 0)
  expect(collector.lines.reduce((sum, { bytes }) => sum + bytes.length, 0)).toBe(100_000_000)
  expect(collector.lines.every(({ partial, gap }) => partial && !gap)).toBe(true)
  expect(peak).toBeLessThan(40_000)
})

test('20 000 lines a second for a minute, and each answer takes a second: every line arrives, and none waits in memory', {
  timeout: 300_000,
}, async () => {
  const script = [
    'import time',
    'began = time.monotonic()',
    'for i in range(1_200_000):',
    '    print("reading", i)',
    '    if i % 200 == 199: time.sleep(max(0, began + (i + 1) / 20_000 - time.monotonic()))',
  ].join('\n')
  const attempt = await Attempt.start(script, { launch: false })
  const { collector } = attempt
  collector.answerAfterMs = 1000
  collector.keepsLines = false
  let next = 0
  let line = ''
  const wrong: string[] = []
  collector.arrived = (lines) => {
    for (const { bytes, partial } of lines) {
      line += bytes.toString()
      if (partial) continue
      if (line !== `reading ${next}`) wrong.push(line)
      next++
      line = ''
    }
  }
  await attempt.launch()
  const peak = await peakUntil(attempt, 'the end', () => collector.dones.length > 0, 240_000)
  expect(wrong.slice(0, 3)).toEqual([])
  expect([next, line]).toEqual([1_200_000, ''])
  expect(collector.resentLines).toBe(0)
  expect(peak).toBeLessThan(40_000)
})

test.each([
  ['truncates', 'os.truncate(file, 0)'],
  ['overwrites', 'open(file, "r+b").write(bytes(20_000))'],
  ['deletes', 'os.unlink(file)'],
])('a script that %s its own spool costs itself lines, and nothing else', async (_, deed) => {
  const script = [
    'import glob, os, time',
    'for i in range(2000): print("before", i)',
    'while not os.path.exists("go"): time.sleep(.01)',
    `for file in glob.glob("../spool-*"): ${deed}`,
    'for i in range(2000): print("after", i)',
  ].join('\n')
  const attempt = await Attempt.start(script, { launch: false })
  const { collector } = attempt
  collector.mischief = (path) => (isLog(path) && collector.exits.length === 0 ? 503 : undefined)
  await attempt.launch()
  await until('lines in the spool', async () => {
    const directory = (await attempt.directory()) ?? ''
    return (await readFile(join(directory, 'spool-0000000001'), 'latin1').catch(() => '')).includes('before 1999')
  })
  await attempt.putIntoJob('go')
  await attempt.closed()
  expect(collector.exits).toMatchObject([{ exitCode: 0, endedBy: 'script' }])
  expect(collector.lines.length).toBe(4000)
  expect(collector.dones).toEqual([{ lastN: 4000, leftovers: [] }])
})

test('a script that kills its guard and its own group is told as what it was', async () => {
  const attempt = await Attempt.start(
    'import os, signal\nprint("bang", flush=True)\nos.kill(os.getppid(), signal.SIGKILL)\nos.killpg(0, signal.SIGKILL)',
  )
  await attempt.closed()
  expect(attempt.collector.exits).toMatchObject([{ signal: 'SIGKILL', endedBy: 'outside' }])
  expect(attempt.collector.text()).toBe('bang\n')
})
