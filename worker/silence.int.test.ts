import { once } from 'node:events'
import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { closeReaped } from '../core/attempts/finish-attempt'
import { eventually } from './testing/lab'
import { aWay, expectAllLines, ticking, untilTicked } from './testing/ticking'
import { attemptDirectories, aWiredLab, letGo, processesOn, type WiredLab } from './testing/wired-lab'

/** Limits of seconds instead of minutes; a supervisor may take 8 s to try again after an outage. */
const LIMITS = { ATTEMPT_SILENT_AFTER_SECONDS: '1', ATTEMPT_LOST_AFTER_SECONDS: '9', PRESENCE_GAP_SECONDS: '1' }

let wired: WiredLab
beforeAll(async () => {
  wired = await aWiredLab(LIMITS)
})
afterAll(async () => {
  await wired[Symbol.asyncDispose]()
})

afterEach(() => wired.line.turn('up'))

test('our outage is longer than the lost limit: who ends then, runs out of time, or goes on, is told as it was', async () => {
  const { lab } = wired
  const [goesOn, ends, runsOut] = await Promise.all([
    ticking(wired),
    ticking(wired),
    ticking(wired, { timeoutSeconds: 8, graceSeconds: 1 }),
  ])
  lab.worker.child.kill('SIGKILL')
  await once(lab.worker.child, 'exit')
  letGo(ends.dir, 'end')
  await untilTicked(goesOn, 11)
  await eventually('the deadline ended one of them', async () => {
    return (await processesOn(lab, runsOut.box, runsOut.id)).every(({ comm }) => comm.startsWith('stout-'))
  })
  await lab.startWorker({ STOUT_WORKER_PORT: String(lab.workerPort) })

  expect(await lab.until(ends.id)).toMatchObject({ state: 'failed', failureClass: 'script', exitCode: 3 })
  expect(await lab.until(runsOut.id)).toMatchObject({ state: 'timed_out', error: 'Ran longer than 8 s.' })
  expect(await lab.attempt(runsOut.id)).toMatchObject({ endedBy: 'deadline', closedBy: 'done' })
  expect(await lab.job(goesOn.id)).toMatchObject({ state: 'running' })
  letGo(goesOn.dir, 'end')
  expect(await lab.until(goesOn.id)).toMatchObject({ state: 'failed', failureClass: 'script', exitCode: 3 })
  for (const one of [goesOn, ends, runsOut]) await expectAllLines(wired, one)
})

test('boxes are away for longer than the lost limit: their jobs are lost, their leases wait, and back they end', async () => {
  const { lab, line } = wired
  await using way = await aWay()
  const [unplugged, frozen] = await Promise.all([ticking(wired, {}, way), ticking(wired)])
  way.turn('cut')
  frozen.box.process.child.kill('SIGSTOP') // the runtime takes connections and says nothing
  line.turn('cut')
  for (const { id } of [unplugged, frozen]) {
    await eventually('the job is lost', async () => (await lab.job(id)).state === 'failed', 60_000)
    expect(await lab.job(id)).toMatchObject({
      failureClass: 'box_lost',
      error: expect.stringMatching(/no contact for/),
    })
    expect(await lab.attempt(id)).toMatchObject({ phase: 'claimed' })
  }
  const leases = await lab.ctx.db.selectFrom('leases').select('jobId').execute()
  expect(leases.map(({ jobId }) => jobId).sort()).toEqual([unplugged.id, frozen.id].sort())
  const before = unplugged.ticks()
  await eventually('the script goes on, cut off', () => unplugged.ticks() > before)

  way.turn('up')
  line.turn('up')
  frozen.box.process.child.kill('SIGCONT')
  for (const one of [unplugged, frozen]) {
    expect(await lab.until(one.id)).toMatchObject({ state: 'failed', failureClass: 'box_lost' })
    expect(await lab.attempt(one.id)).toMatchObject({ endedBy: 'cancel', closedBy: 'done' })
    await expectAllLines(wired, one)
    const next = await lab.submit({ script: 'print(1)', target: { box: one.box.name } })
    expect(await lab.until(next)).toMatchObject({ state: 'completed' })
  }
})

test('only we are out of its reach: a supervisor that runs is left alone, however long, and nothing is lost', async () => {
  const { lab, line } = wired
  const job = await ticking(wired)
  line.turn('cut')
  await untilTicked(job, 11)
  expect(await lab.job(job.id)).toMatchObject({ state: 'running' })
  line.turn('up')
  letGo(job.dir, 'end')
  expect(await lab.until(job.id)).toMatchObject({ failureClass: 'script', exitCode: 3 })
  await expectAllLines(wired, job)
})

test('a supervisor whose attempt was closed meanwhile is sent away, and its script ends', async () => {
  const { lab, line } = wired
  const job = await ticking(wired)
  line.turn('cut')
  await closeReaped(lab.ctx.db, { jobId: job.id, attempt: 1 }, 'somebody was sure that it is gone', {})
  line.turn('up')
  expect(await lab.until(job.id)).toMatchObject({ state: 'failed', failureClass: 'box_lost' })
  await eventually('nothing of it runs', async () => (await processesOn(lab, job.box, job.id)).length === 0)
  await eventually('nothing of it lies there', () => attemptDirectories(job.box).length === 0)
})

test.each([
  ['forward', 1],
  ['back', -1],
])('the clock of the database is put %s by an hour: nobody is lost or runs out of time', async (_, hours) => {
  const { lab } = wired
  const job = await ticking(wired, { timeoutSeconds: 1800 })
  // seen from the database, a clock that jumps forward is all instants moved back; in one transaction, as a jump is
  const shift = sql.raw(`- interval '${hours} hours'`)
  await lab.ctx.db.transaction().execute(async (tx) => {
    await sql`update attempts set placed_at = placed_at ${shift}, claimed_at = claimed_at ${shift}, deadline_at = deadline_at ${shift}`.execute(
      tx,
    )
    await sql`update jobs set started_at = started_at ${shift}, deadline_at = deadline_at ${shift}`.execute(tx)
    await sql`update log_heads set last_heard_at = last_heard_at ${shift}`.execute(tx)
    await sql`update box_api_presence set listening_since_at = listening_since_at ${shift}, last_beat_at = last_beat_at ${shift}`.execute(
      tx,
    )
  })
  await untilTicked(job, 5)
  expect(await lab.job(job.id)).toMatchObject({ state: 'running' })
  letGo(job.dir, 'end')
  expect(await lab.until(job.id)).toMatchObject({ failureClass: 'script', exitCode: 3 })
  await expectAllLines(wired, job)
})
