import { expect, test } from 'vitest'
import type { Process } from '../box/supervisor/testing/processes'
import { releaseAttempt } from '../core/attempts/release-attempt'
import { getBox } from '../core/boxes/get-box'
import { cancelJob } from '../core/jobs/cancel-job'
import { eventually } from './testing/lab'
import { expectAllLines, submitTicking, type Ticking, ticking, untilTicked, untilTicks } from './testing/ticking'
import { attemptDirectories, aWiredLab, letGo, lockHolder, processesOn, type WiredLab } from './testing/wired-lab'

const RELEASE = { reason: 'looked at the bench: it is safe' }
const OUT_OF_CONTACT_SECONDS = 1

/** What runs of one of two attempts on a box. */
async function processesOf({ lab }: WiredLab, { box, id }: Ticking): Promise<Process[]> {
  const onBox = await processesOn(lab, box, id)
  return onBox.filter(
    ({ cmdline, environ }) => cmdline.includes(`/stout-${id}-`) || environ.includes(`STOUT_JOB_ID=${id}`),
  )
}

test('a supervisor that hangs holds its box until a manager releases it; back again, it ends its own script and nothing else', async () => {
  await using wired = await aWiredLab({ ATTEMPT_SILENT_AFTER_SECONDS: '1', BOX_LOCK_TTL_SECONDS: '40' })
  const { lab } = wired
  const old = await ticking(wired, { graceSeconds: 1 })
  const { box } = old
  const supervisor = (await processesOf(wired, old)).find(({ comm }) => comm === 'stout-super')
  if (!supervisor) throw new Error('it has no supervisor')
  process.kill(supervisor.pid, 'SIGSTOP')
  await cancelJob(lab.ctx, old.id, 'enough')
  const next = await submitTicking(wired, box)
  await lab.until(next.id, 'waiting_for_box')
  await untilTicked(old, 3) // meanwhile it is looked for, and found alive
  expect((await getBox(lab.ctx, box.id)).leases).toMatchObject([{ jobId: old.id, jobState: 'cancelled' }])
  expect(await lockHolder(box)).toMatch(new RegExp(`^stout:.*:${old.id}:1$`))
  expect(await lab.job(next.id)).toMatchObject({ state: 'waiting_for_box' })

  await releaseAttempt(lab.ctx, box.id, RELEASE, OUT_OF_CONTACT_SECONDS)
  await untilTicks(wired, next)
  const nextLock = await lockHolder(box)
  expect(nextLock).toMatch(new RegExp(`^stout:.*:${next.id}:1$`))
  const pids = (await processesOf(wired, next)).map(({ pid }) => pid)
  const ticks = old.ticks()
  await eventually('the old script goes on', () => old.ticks() > ticks)

  process.kill(supervisor.pid, 'SIGCONT')
  await eventually('nothing of the old one runs', async () => (await processesOf(wired, old)).length === 0)
  await eventually('nothing of it lies there', () => attemptDirectories(box).length === 1)
  const last = old.ticks()
  await untilTicked(next, 1)
  expect(old.ticks()).toBe(last)
  expect((await processesOf(wired, next)).map(({ pid }) => pid)).toEqual(pids)
  expect(await lockHolder(box)).toBe(nextLock)
  letGo(next.dir, 'end')
  expect(await lab.until(next.id)).toMatchObject({ failureClass: 'script', exitCode: 3, attempt: 1 })
  await expectAllLines(wired, next)
  expect(await lab.attempt(next.id)).toMatchObject({ closedBy: 'done' })
  expect(await lab.attempt(old.id)).toMatchObject({ closedBy: 'released', endedBy: null })
  expect(await lab.job(old.id)).toMatchObject({ state: 'cancelled' })
  await eventually('the box lock is released', async () => (await lockHolder(box)) === null)
})
