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
