import { randomUUID } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Attempt, PYTHON, run } from './testing/attempt'
import { processesOf, until } from './testing/processes'

const HANG_WITHOUT_MERCY = [
  'import signal, subprocess, time',
  'signal.signal(signal.SIGTERM, signal.SIG_IGN)',
  // scrubbed and in a session of its own: only its working directory says where it comes from
  'subprocess.Popen(["sleep", "1000"], env={}, start_new_session=True)',
  'print("up", flush=True)',
  'while True: time.sleep(1)',
].join('\n')

type Verdict = { supervisor: 'alive' | 'gone'; ended?: number; quiet?: boolean; bootId: string }

/** Runs the reap as a box's runtime would. */
async function reap(attempt: Attempt, asked: Record<string, unknown> = {}): Promise<Verdict> {
  const args = {
    jobId: attempt.collector.jobId,
    attempt: 1,
    processId: attempt.processId,
    installation: 'test',
    alone: true,
    ...asked,
  }
  const env = { PATH: process.env.PATH ?? '', TMPDIR: attempt.tmp, LAGER_PROCESS_ID: randomUUID() }
  const file = join(import.meta.dirname, 'reap.py')
  const ended = await run(PYTHON, ['-u', file, JSON.stringify(args)], { cwd: attempt.tmp, env })
  expect(ended.code, ended.output).toBe(0)
  return JSON.parse(ended.output)
}

async function kill(attempt: Attempt, ...comms: string[]): Promise<void> {
  const victims = (await processesOf(attempt.tmp, attempt.processId)).filter(({ comm }) => comms.includes(comm))
  expect(victims.length).toBe(comms.length)
  for (const { pid } of victims) process.kill(pid, 'SIGSTOP') // so that none acts on the death of another
  for (const { pid } of victims) process.kill(pid, 'SIGKILL')
  await until('their death', async () => {
    return (await processesOf(attempt.tmp, attempt.processId)).every(({ comm }) => !comms.includes(comm))
  })
}

async function startHanging(): Promise<Attempt> {
  const attempt = await Attempt.start(HANG_WITHOUT_MERCY, { graceSeconds: 3600 })
  await until('the script', () => attempt.collector.text().includes('up'))
  return attempt
}

test('while the supervisor lives the reap touches nothing', async () => {
  const attempt = await startHanging()
  const before = await processesOf(attempt.tmp, attempt.processId)
  expect(await reap(attempt)).toMatchObject({ supervisor: 'alive', bootId: expect.stringMatching(/^[0-9a-f-]{36}$/) })
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
