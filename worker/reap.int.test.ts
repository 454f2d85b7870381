import { rmSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { isAlive } from '../box/supervisor/testing/processes'
import type { JobId } from '../core/ids'
import type { BoxIdentity } from '../db/schema'
import { countLines, eventually, type LabBox } from './testing/lab'
import { startProgram } from './testing/processes'
import { aProxy } from './testing/proxy'
import {
  attemptDirectories,
  aWiredLab,
  killAll,
  letGo,
  lockHolder,
  processesOn,
  untilOnBox,
  type WiredLab,
  waitFor,
} from './testing/wired-lab'

let wired: WiredLab
beforeAll(async () => {
  wired = await aWiredLab({ ATTEMPT_SILENT_AFTER_SECONDS: '1.5' })
})
afterAll(async () => {
  await wired[Symbol.asyncDispose]()
})

/** Prints 100 lines, 400 more when told to, and ends when told to. */
const TALK = [
  'for i in range(100): print("line", i, flush=True)',
  waitFor('talk'),
  'for i in range(100, 500): print("line", i)',
  waitFor('end'),
].join('\n')
const TALKED = Array.from({ length: 500 }, (_, i) => `line ${i}`)
const HANG = 'import time\nprint("up", flush=True)\nwhile True: time.sleep(1)'

/** A job on a box of its own, and a folder by which it is told to go on. */
async function running(script: string) {
  const { lab } = wired
  const box = await lab.addBox()
  const dir = path.join(lab.dir, box.name)
  const id = await lab.submit({ script, args: [dir], target: { box: box.name } })
  await eventually('its first line', async () => (await lab.lines(id).catch(() => [])).length > 0)
  return { box, id, dir }
}

/** Resolves once the worker has looked for an attempt by what the database says of it from now on. */
async function untilLookedFor(id: JobId): Promise<void> {
  const looks = () => {
    const said = wired.lab.worker.said().split('\n')
    return said.filter((line) => line.includes(id) && line.includes('looked for a silent attempt')).length
  }
  const before = looks()
  // one may be under way, with what it has read before
  await eventually('it was looked for twice', () => looks() >= before + 2)
}

/** The box has nothing of the job any more, not even its lock, and takes the next one. */
async function expectFree(box: LabBox): Promise<void> {
  await eventually('nothing of the job is left on the box', () => attemptDirectories(box).length === 0)
  await eventually('the box lock is released', async () => (await lockHolder(box)) === null)
  const next = await wired.lab.submit({ script: 'print(1)', target: { box: box.name } })
  expect(await wired.lab.until(next)).toMatchObject({ state: 'completed' })
}

test('supervisor killed while cut off: its lines are recovered, the job is lost, box and lock are free', async () => {
  const { lab, line } = wired
  const { box, id, dir } = await running(TALK)
  expect(await lockHolder(box)).toMatch(new RegExp(`^stout:.*:${id}:1$`))
  line.turn('cut')
  letGo(dir, 'talk')
  await untilOnBox(box, /^spool-/, 'line 499')
  killAll((await processesOn(lab, box, id)).filter(({ comm }) => comm === 'stout-super'))
  await line.taken() // what it sent just before may still be on its way
  line.turn('up')
  expect(await lab.until(id)).toMatchObject({ state: 'failed', failureClass: 'box_lost', exitCode: null })
  expect((await lab.lines(id)).map(({ text }) => text)).toEqual(TALKED)
  expect(await lab.attempt(id)).toMatchObject({ closedBy: 'reaped', endedBy: null })
  const closed = await lab.ctx.db
    .selectFrom('events')
    .select(['data', 'actor'])
    .where('subject', '=', id)
    .where('type', '=', 'attempt_closed')
    .executeTakeFirstOrThrow()
  expect(closed).toMatchObject({
    actor: `box:${box.id}`,
    data: {
      by: 'reaped',
      lostLines: 0,
      verdict: expect.stringMatching(/the supervisor is gone.* lines were recovered/),
    },
  })
  await expectFree(box)
})

test('a script that had ended keeps its exit, though its supervisor was killed before it could tell', async () => {
  const { lab, line } = wired
  const { box, id, dir } = await running(TALK)
  line.turn('cut')
  letGo(dir, 'talk')
  letGo(dir, 'end')
  await untilOnBox(box, /^exit\.json$/, '"exitCode": 0')
  killAll((await processesOn(lab, box, id)).filter(({ comm }) => comm === 'stout-super'))
  await line.taken() // what it sent just before may still be on its way
  line.turn('up')
  expect(await lab.until(id)).toMatchObject({ state: 'completed', exitCode: 0, failureClass: null })
  expect((await lab.lines(id)).map(({ text }) => text)).toEqual(TALKED)
  expect(await lab.attempt(id)).toMatchObject({ closedBy: 'reaped', endedBy: 'script' })
  await expectFree(box)
})

test('supervisor and guard killed: a child that left session and environment is ended before the box is free', async () => {
  const { lab } = wired
  const orphan = 'import subprocess\nchild = subprocess.Popen(["sleep", "1000"], env={}, start_new_session=True)'
  const { box, id } = await running(`${orphan}\nprint(child.pid, flush=True)\n${HANG}`)
  const pid = Number((await lab.lines(id))[0]?.text)
  killAll((await processesOn(lab, box, id)).filter(({ comm }) => comm.startsWith('stout-')))
  expect(await lab.until(id)).toMatchObject({ failureClass: 'box_lost', error: expect.stringMatching(/1 leftover/) })
  expect(await isAlive(pid)).toBe(false)
  await expectFree(box)
})

test('a script that kills supervisor, guard and its own group ends its job, not its box', async () => {
  const { lab } = wired
  const { box, id } = await running(
    [
      'import os, signal, time',
      'def parent(pid): return int(open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()[1])',
      'guard = os.getppid(); supervisor = parent(guard)',
      'print("bang", flush=True)',
      'time.sleep(.3)',
      'for pid in (supervisor, guard): os.kill(pid, signal.SIGSTOP)',
      'for pid in (supervisor, guard): os.kill(pid, signal.SIGKILL)',
      'os.killpg(0, signal.SIGKILL)',
    ].join('\n'),
  )
  expect(await lab.until(id)).toMatchObject({ state: 'failed', failureClass: 'box_lost' })
  expect(await processesOn(lab, box, id)).toEqual([])
  await expectFree(box)
})

test('the box was rebooted, and its temporary files are gone: the job says so', async () => {
  const { lab } = wired
  const { box, id } = await running(HANG)
  const { identity } = await lab.attempt(id)
  // what a reboot leaves: no process, no temporary file, and another boot id than the one that the supervisor told
  const before: BoxIdentity = { ...(identity as BoxIdentity), bootId: 'another' }
  await lab.ctx.db
    .updateTable('attempts')
    .set({ identity: JSON.stringify(before) })
    .where('jobId', '=', id)
    .execute()
  await untilLookedFor(id)
  killAll(await processesOn(lab, box, id))
  for (const directory of attemptDirectories(box)) rmSync(directory, { recursive: true })
  expect(await lab.until(id)).toMatchObject({ failureClass: 'box_lost', error: expect.stringMatching(/was restarted/) })
  await expectFree(box)
})

test('a runtime that is killed and started again ends no job', async () => {
  const { lab } = wired
  let port = 0
  await using way = await aProxy(() => port)
  const box = await lab.addBox({ viaPort: way.port })
  port = Number(new URL(box.url).port)
  const marks = path.join(lab.dir, `${box.name}-marks`)
  const script = `open(${JSON.stringify(marks)}, "a").write("x\\n")\nprint("up", flush=True)\n${waitFor('end')}print("end")`
  const id = await lab.submit({ script, args: [box.stateRoot], target: { box: box.name } })
  await eventually('it runs', async () => (await lab.lines(id).catch(() => [])).length > 0)
  box.process.child.kill('SIGKILL')
  const silent = (await lab.attempt(id)).claimedAt
  await eventually('the box is known to be offline', async () => {
    const { status } = await lab.ctx.db
      .selectFrom('boxes')
      .select('status')
      .where('id', '=', box.id)
      .executeTakeFirstOrThrow()
    return status === 'offline'
  })
  await using again = await startProgram('box', ['--config', `${box.stateRoot}.json`], {}, 'box listens')
  port = Number(new URL(String(again.ready.pythonUrl)).port)
  letGo(box.stateRoot, 'end')
  expect(await lab.until(id)).toMatchObject({ state: 'completed', exitCode: 0 })
  expect(await lab.attempt(id)).toMatchObject({ closedBy: 'done', claimedAt: silent })
  expect((await lab.lines(id)).map(({ text }) => text)).toEqual(['up', 'end'])
  expect(countLines(marks)).toBe(1)
})
