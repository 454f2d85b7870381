import { afterAll, beforeAll, expect, test } from 'vitest'
import { cancelJob } from '../core/jobs/cancel-job'
import { eventually } from './testing/lab'
import { aWay, expectAllLines, ticking, untilTicked } from './testing/ticking'
import { aWiredLab, letGo, type WiredLab } from './testing/wired-lab'

let wired: WiredLab
beforeAll(async () => {
  const preload = `--import ${new URL('./testing/jumping-clock.mjs', import.meta.url).href}`
  wired = await aWiredLab({ ATTEMPT_SILENT_AFTER_SECONDS: '1', NODE_OPTIONS: preload })
})
afterAll(async () => {
  await wired[Symbol.asyncDispose]()
})

test('connections that are half open, and a box that is away, cost time and no line, and no job', async () => {
  const { lab, line } = wired
  await using way = await aWay()
  const job = await ticking(wired, {}, way)
  way.turn('cut')
  line.turn('dead') // what is under way is swallowed, and nobody is told
  await untilTicked(job, 4)
  way.turn('up')
  line.turn('up')
  letGo(job.dir, 'end')
  expect(await lab.until(job.id)).toMatchObject({ state: 'failed', failureClass: 'script', exitCode: 3, attempt: 1 })
  expect(await lab.attempt(job.id)).toMatchObject({ closedBy: 'done' })
  await expectAllLines(wired, job)
})

test('the clock of the worker jumps forward and back by an hour: deadlines, tokens and queues hold', async () => {
  const { lab } = wired
  const jump = () => lab.worker.child.kill('SIGUSR2')
  const [ends, cancelled] = await Promise.all([
    ticking(wired, { timeoutSeconds: 1800 }),
    ticking(wired, { timeoutSeconds: 1800, graceSeconds: 1 }),
  ])
  jump()
  await untilTicked(ends, 2)
  const next = await lab.submit({ script: 'print(1)', target: { box: cancelled.box.name } })
  await cancelJob(lab.ctx, cancelled.id, 'enough') // its supervisor is told the whole control state, the deadline included
  expect(await lab.until(cancelled.id)).toMatchObject({ state: 'cancelled' })
  expect(await lab.attempt(cancelled.id)).toMatchObject({ endedBy: 'cancel', closedBy: 'done' })
  expect(await lab.until(next)).toMatchObject({ state: 'completed' })
  jump()
  await untilTicked(ends, 2)
  letGo(ends.dir, 'end')
  expect(await lab.until(ends.id)).toMatchObject({ failureClass: 'script', exitCode: 3 })
  await expectAllLines(wired, ends)
  await eventually('the lock is released', async () => !(await lab.attempt(ends.id)).boxLocked)
})
