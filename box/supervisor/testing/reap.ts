import { randomUUID } from 'node:crypto'
import { copyFile, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'
import { type Attempt, run } from './attempt'
import { RUN_TOKEN } from './collector'
import { processesOf, until } from './processes'

type Verdict = {
  supervisor: 'alive' | 'gone'
  ended?: number
  quiet?: boolean
  told?: boolean
  lines?: number
  lost?: number
  log?: string
  bootId: string
  lagerBoxId: string
}

const FILES = { 'main.py': 'reap.py', 'recover.py': 'recover.py', 'unsent.py': 'unsent.py', 'lines.py': 'lines.py' }
const MODULE = { ...FILES, 'processes.py': 'processes.py', 'wire.py': 'wire.py' }

/** Runs the reap as a box's runtime would. */
export async function reap(attempt: Attempt, asked: Record<string, unknown> = {}): Promise<Verdict> {
  const order = {
    url: attempt.collector.url,
    runToken: RUN_TOKEN,
    jobId: attempt.collector.jobId,
    attempt: 1,
    processId: attempt.processId,
    installation: 'test',
    alone: true,
    discard: false,
    graceSeconds: 1,
    patienceSeconds: 0.5,
    ...asked,
  }
  const module = await mkdtemp(join(attempt.tmp, 'module-'))
  for (const [name, source] of Object.entries(MODULE))
    await copyFile(join(import.meta.dirname, '..', source), join(module, name))
  await writeFile(join(module, 'reap.json'), JSON.stringify(order))
  const env = {
    PATH: process.env.PATH ?? '',
    TMPDIR: attempt.tmp,
    LAGER_PROCESS_ID: randomUUID(),
    LAGER_BOX_ID: 'bench-7',
  }
  const ended = await run(attempt.python, ['-u', 'main.py'], { cwd: module, env })
  expect(ended.code, ended.output).toBe(0)
  expect((await readdir(module)).sort()).toEqual(Object.keys(MODULE).sort()) // the token is gone, and nothing was added
  await rm(module, { recursive: true })
  return JSON.parse(ended.output.trim().split('\n').at(-1) ?? '')
}

/** Kills supervisor (`stout-super`) or guard (`stout-guard`), several at once. */
export async function kill(attempt: Attempt, ...comms: string[]): Promise<void> {
  const victims = (await processesOf(attempt.tmp, attempt.processId)).filter(({ comm }) => comms.includes(comm))
  expect(victims.length).toBe(comms.length)
  for (const { pid } of victims) process.kill(pid, 'SIGSTOP') // so that none acts on the death of another
  for (const { pid } of victims) process.kill(pid, 'SIGKILL')
  await until('their death', async () => {
    return (await processesOf(attempt.tmp, attempt.processId)).every(({ comm }) => !comms.includes(comm))
  })
}
