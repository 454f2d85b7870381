import { expect, test } from 'vitest'
import { extendJob } from '../core/jobs/extend-job'
import { getJob } from '../core/jobs/get-job'
import { aLab, eventually } from './testing/lab'

/** Prints, waits until a file appears beside the box, and ends. */
const waitsFor = (file: string) => `import os, time
print("up", flush=True)
while not os.path.exists(${JSON.stringify(file)}): time.sleep(0.05)
print("down")`

test('a running job that gets more time runs past its first deadline, and is ended at a shorter one', async () => {
  await using lab = await aLab()
  await lab.addBox()
  const file = `${lab.dir}/go-on`
  const id = await lab.submit({ script: waitsFor(file), timeoutSeconds: 4, graceSeconds: 1 })
  await eventually('it prints', async () => (await lab.lines(id).catch(() => [])).length > 0)
  await extendJob(lab.ctx, id, 3_600)
  await eventually('its box knows', async () => !(await getJob(lab.ctx, id, '')).deadlinePending)
  const { claimedAt } = await lab.attempt(id)
  await eventually('the first deadline is past', () => Date.now() > (claimedAt?.getTime() ?? 0) + 5_000)
  expect(await lab.job(id)).toMatchObject({ state: 'running', timeoutSeconds: 3_600 })
  const seconds = Math.ceil((Date.now() - (claimedAt?.getTime() ?? 0)) / 1_000) + 1
  await extendJob(lab.ctx, id, seconds)
  expect(await lab.until(id)).toMatchObject({ state: 'timed_out', error: `Ran longer than ${seconds} s.` })
  expect(await lab.attempt(id)).toMatchObject({ endedBy: 'deadline', signal: 'SIGTERM', closedBy: 'done' })
})

test('a script that prints nothing for too long is timed out and says so; one that prints now and then is not', async () => {
  await using lab = await aLab()
  await lab.addBox()
  const limits = { noOutputTimeoutSeconds: 2, graceSeconds: 1, timeoutSeconds: 60 }
  const quiet = await lab.submit({ script: 'import time\nprint("up", flush=True)\ntime.sleep(600)', ...limits })
  expect(await lab.until(quiet)).toMatchObject({ state: 'timed_out', error: 'Printed nothing for 2 s.' })
  expect(await lab.attempt(quiet)).toMatchObject({ endedBy: 'no_output', closedBy: 'done' })
  const chatty = await lab.submit({
    script: 'import time\nfor i in range(8): print(i, flush=True); time.sleep(0.5)',
    ...limits,
  })
  expect(await lab.until(chatty)).toMatchObject({ state: 'completed' })
})

test('a job is over at its deadline, however long its script takes to end', async () => {
  await using lab = await aLab()
  await lab.addBox()
  const deaf =
    'import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint("up", flush=True)\ntime.sleep(600)'
  const id = await lab.submit({ script: deaf, graceSeconds: 5 })
  await eventually('it prints', async () => (await lab.lines(id).catch(() => [])).length > 0)
  const { claimedAt } = await lab.attempt(id)
  await extendJob(lab.ctx, id, Math.ceil((Date.now() - Number(claimedAt)) / 1_000) + 2)
  const job = await lab.until(id)
  const { exitedAt, deadlineAt, endedBy, signal } = await lab.attempt(id)
  expect({ state: job.state, endedBy, signal }).toEqual({ state: 'timed_out', endedBy: 'deadline', signal: 'SIGKILL' })
  expect(Number(job.finishedAt)).toBeGreaterThanOrEqual(Number(deadlineAt))
  expect(Number(job.finishedAt)).toBeLessThan(Number(exitedAt)) // it did not wait for the script
  const [ended] = await lab.ctx.db.selectFrom('events').selectAll().where('type', '=', 'expire').execute()
  expect(ended).toMatchObject({ actor: 'sweep:deadline', data: { endedBy: 'deadline' } })
})
