import { randomUUID } from 'node:crypto'
import { appendFile, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Attempt } from './testing/attempt'
import { processesOf, until } from './testing/processes'
import { kill, reap } from './testing/reap'

const HANG_WITHOUT_MERCY = [
  'import signal, subprocess, time',
  'signal.signal(signal.SIGTERM, signal.SIG_IGN)',
  // scrubbed and in a session of its own: only its working directory says where it comes from
  'subprocess.Popen(["sleep", "1000"], env={}, start_new_session=True)',
  'print("up", flush=True)',
  'while True: time.sleep(1)',
].join('\n')

async function startHanging(): Promise<Attempt> {
  const attempt = await Attempt.start(HANG_WITHOUT_MERCY, { graceSeconds: 3600 })
  await until('the script', () => attempt.collector.text().includes('up'))
  return attempt
}

test('while the supervisor lives the reap touches nothing', async () => {
  const attempt = await startHanging()
  const before = await processesOf(attempt.tmp, attempt.processId)
  expect(await reap(attempt)).toEqual({
    supervisor: 'alive',
    bootId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    lagerBoxId: 'bench-7',
  })
  expect(await processesOf(attempt.tmp, attempt.processId)).toEqual(before)
})

test('after the supervisor was killed, a guard in a long grace and all it guards are ended', async () => {
  const attempt = await startHanging()
  await kill(attempt, 'stout-super')
  expect(await reap(attempt)).toMatchObject({ supervisor: 'gone', ended: 2, quiet: true })
  expect(await processesOf(attempt.tmp, attempt.processId)).toEqual([])
  expect(await readdir(attempt.tmp)).toEqual([])
})

test('after supervisor and guard were killed, what the script started is found by its directory', async () => {
  const attempt = await startHanging()
  await kill(attempt, 'stout-super', 'stout-guard')
  expect(await reap(attempt)).toMatchObject({ supervisor: 'gone', ended: 1, quiet: true })
  expect(await readdir(attempt.tmp)).toEqual([])
  expect(await reap(attempt)).toMatchObject({ supervisor: 'gone', ended: 0, quiet: true })
})

test('another attempt, or an attempt that is not alone on the box, is not touched', async () => {
  const attempt = await startHanging()
  await kill(attempt, 'stout-super')
  const left = async () => (await processesOf(attempt.tmp, attempt.processId)).map(({ pid }) => pid)
  const before = await left()
  expect(before.length).toBeGreaterThan(1)
  const another = { processId: randomUUID() }
  expect(await reap(attempt, { ...another, attempt: 2 })).toMatchObject({ supervisor: 'gone', ended: 0, quiet: true })
  expect(await reap(attempt, { ...another, attempt: 11 })).toMatchObject({ ended: 0, quiet: true })
  expect(await reap(attempt, { ...another, jobId: attempt.collector.jobId.slice(0, -1) })).toMatchObject({
    ended: 0,
    quiet: true,
  })
  expect(await reap(attempt, { alone: false })).toMatchObject({ supervisor: 'gone', ended: 0, quiet: false })
  expect(await left()).toEqual(before)
  expect(await attempt.directory()).toBeDefined()
})

/** Prints lines, then waits, or ends with code 7 when `go` is there. */
const TALK = [
  'import os, sys, time',
  'for i in range(3000): print("line", i)',
  'while not os.path.exists("go"): time.sleep(.01)',
  'sys.exit(7)',
].join('\n')
const TALKED = Array.from({ length: 3000 }, (_, i) => `line ${i}\n`).join('')

/** A supervisor that had no contact since its claim, with 3,000 lines in its spool. */
async function startUnheard(options: Parameters<typeof Attempt.start>[1] = {}): Promise<Attempt> {
  const attempt = await Attempt.start(TALK, { ...options, launch: false })
  attempt.collector.mischief = (path) => (path === '/claim' ? undefined : 503)
  await attempt.launch()
  await until('the last line in the spool', async () => (await spool(attempt)).includes('line 2999'))
  return attempt
}

async function spoolFile(attempt: Attempt): Promise<string> {
  const directory = (await attempt.directory()) ?? ''
  const name = (await readdir(directory)).find((entry) => entry.startsWith('spool-'))
  return join(directory, name ?? 'none')
}

async function spool(attempt: Attempt): Promise<string> {
  return await readFile(await spoolFile(attempt), 'latin1').catch(() => '')
}

test('lines that nobody acknowledged are recovered; a record that was cut off is counted', async () => {
  const attempt = await startUnheard()
  await kill(attempt, 'stout-super')
  const file = await spoolFile(attempt)
  await appendFile(file, (await readFile(file)).subarray(0, 18)) // a record of which four bytes were written
  attempt.collector.mischief = () => undefined
  expect(await reap(attempt)).toMatchObject({
    supervisor: 'gone',
    quiet: true,
    told: true,
    lines: 3000,
    lost: 1,
    removed: true,
  })
  expect(attempt.collector.text()).toMatch(TALKED)
  expect(attempt.collector.lines.slice(3000).map(({ gap, bytes }) => [gap, JSON.parse(bytes.toString())])).toEqual([
    [true, { lines: 1, sizeBytes: 18, why: expect.stringContaining('cut off') }],
  ])
  expect(attempt.collector.exits).toEqual([]) // how it would have ended, nobody knows
  expect(await readdir(attempt.tmp)).toEqual([])
})

test('a script that had ended keeps its exit when its supervisor is killed before it could tell', async () => {
  const attempt = await startUnheard()
  await attempt.putIntoJob('go')
  await until('the note', async () => (await readdir((await attempt.directory()) ?? '')).includes('exit.json'))
  await kill(attempt, 'stout-super')
  expect(await reap(attempt)).toMatchObject({ supervisor: 'gone', quiet: true, told: false, lines: 0, removed: false })
  expect(await attempt.directory()).toBeDefined() // it is told the next time
  attempt.collector.mischief = () => undefined
  expect(await reap(attempt)).toMatchObject({
    ended: 0,
    told: true,
    lines: 3000,
    lost: 0,
    log: expect.stringMatching(/503/),
  })
  expect(attempt.collector.text()).toBe(TALKED)
  expect(attempt.collector.exits).toMatchObject([{ exitCode: 7, signal: null, endedBy: 'script' }])
  expect(await readdir(attempt.tmp)).toEqual([])
})

test('what nobody takes any more is thrown away when that is asked, or when the attempt was closed', async () => {
  for (const [status, discard] of [
    [503, true],
    [410, false],
  ] as const) {
    const attempt = await startUnheard()
    await kill(attempt, 'stout-super')
    attempt.collector.mischief = () => status
    expect(await reap(attempt, { discard })).toMatchObject({ quiet: true, told: status === 410 })
    expect(await readdir(attempt.tmp)).toEqual([])
  }
})

test('the directory of temporary files is lost: leftovers are found all the same', async () => {
  const attempt = await startHanging()
  await rm((await attempt.directory()) ?? '', { recursive: true })
  expect(await reap(attempt)).toMatchObject({ supervisor: 'alive' })
  await kill(attempt, 'stout-super', 'stout-guard')
  expect(await reap(attempt)).toMatchObject({
    supervisor: 'gone',
    ended: 1,
    quiet: true,
    told: true,
    lines: 0,
    removed: false,
  })
  expect(await processesOf(attempt.tmp, attempt.processId)).toEqual([])
})

test('a spool that was tampered with, or over which the machine crashed, costs lines and nothing else', async () => {
  const attempt = await startUnheard()
  await kill(attempt, 'stout-super')
  const directory = (await attempt.directory()) ?? ''
  await writeFile(join(directory, 'spool-0000003001'), Buffer.alloc(1000)) // a file of which only the size was written
  await symlink('/proc/self/environ', join(directory, 'spool-0000003005'))
  await writeFile(join(directory, 'spool-9999999999'), '')
  await writeFile(join(directory, 'exit.json'), '{"exitCode":')
  attempt.collector.mischief = () => undefined
  expect(await reap(attempt)).toMatchObject({ supervisor: 'gone', quiet: true, told: true, lines: 3000, lost: 4 })
  expect(attempt.collector.lines.filter(({ gap }) => gap).map(({ n }) => n)).toEqual([3001, 3002, 3003, 3004])
  expect(attempt.collector.exits).toEqual([])
})

test('what the server cannot read becomes gaps, and the rest of it is told', async () => {
  const attempt = await startUnheard()
  await attempt.putIntoJob('go')
  await until('the note', async () => (await readdir((await attempt.directory()) ?? '')).includes('exit.json'))
  await kill(attempt, 'stout-super')
  const file = await spoolFile(attempt)
  const bytes = await readFile(file)
  bytes.writeBigInt64BE(-1n, 0) // the time of the first record
  await writeFile(file, bytes)
  attempt.collector.mischief = () => undefined
  expect(await reap(attempt)).toMatchObject({ quiet: true, told: true, lines: 0, lost: 3000 })
  expect(attempt.collector.lines.length).toBe(3000)
  expect(attempt.collector.exits).toMatchObject([{ exitCode: 7 }])
})
