import { setTimeout } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import type { JobId, OrgId } from '../core/ids'
import { redisNodes } from '../core/live/redis'
import { aBackend } from '../core/testing/backend'
import { testDb } from '../db/testing/database'
import { openLog } from './log'
import { openQueues } from './queues'
import { mendQueues } from './sweeps/mend-queues'
import { aLab, eventually } from './testing/lab'
import { aProxy } from './testing/proxy'

const silent = openLog('silent')

const BACKENDS = ['postgres', 'redis', 'cluster'] as const

test.each(BACKENDS)('%s: deliveries arrive, also when they were added before anybody worked', async (kind) => {
  await using t = await testDb()
  await using backend = await aBackend(kind)
  const queues = await openQueues({ DATABASE_URL: t.url, ...backend.env }, silent)
  const got: number[] = []
  for (let i = 1; i <= 20; i++)
    await queues.add('dispatch', { jobId: 'job_x' as JobId, attempt: i }, { id: `early-${i}` })
  queues.work('dispatch', 4, async ({ attempt }) => void got.push(attempt))
  await queues.add('dispatch', { jobId: 'job_x' as JobId, attempt: 21 }, { id: 'late', delayMs: 50 })
  await eventually('all arrived', () => new Set(got).size === 21)
  await queues.close()
})

test.each(BACKENDS)('%s: what nobody asks for again is tried again when its processor fails', async (kind) => {
  await using t = await testDb()
  await using backend = await aBackend(kind)
  const queues = await openQueues({ DATABASE_URL: t.url, ...backend.env }, silent)
  let tries = 0
  queues.work('tidy', 1, async () => {
    if (++tries < 3) throw new Error('not yet')
  })
  await queues.add('tidy', { refs: [] }, { id: 'one' })
  await eventually('the third try', () => tries === 3)
  await queues.close()
})

test.each(BACKENDS)('%s: a delivery that failed for good leaves its name to the next one', async (kind) => {
  await using t = await testDb()
  await using backend = await aBackend(kind)
  const queues = await openQueues({ DATABASE_URL: t.url, ...backend.env }, silent)
  let tries = 0
  queues.work('place', 1, async () => {
    if (++tries <= 3) throw new Error('the database is away')
  })
  await eventually('the fourth try', async () => {
    await queues.add('place', { orgId: 'org_x' as OrgId }, { id: 'one' }) // as sweeps do, again and again
    return tries > 3
  })
  await queues.close()
})

test.each([
  ['postgres', 'waits', undefined],
  ['postgres', 'begins to wait', 'LISTEN'],
  ['redis', 'waits', undefined],
  ['redis', 'begins to wait', 'bzpopmin'],
] as const)(
  '%s: connections that go dead without a word while a worker %s hold up deliveries for seconds, not for ever',
  { timeout: 240_000 },
  async (kind, _, lastWord) => {
    await using t = await testDb()
    await using backend = await aBackend(kind)
    const env = { DATABASE_URL: t.url, ...backend.env }
    const server = new URL(env.REDIS_URL ?? t.url)
    await using line = await aProxy(() => Number(server.port))
    const byLine = Object.assign(new URL(server), { hostname: '127.0.0.1', port: line.port }).href
    const queues = await openQueues({ ...env, [kind === 'redis' ? 'REDIS_URL' : 'DATABASE_URL']: byLine }, silent)
    const got: number[] = []
    const add = (attempt: number) =>
      queues.add('dispatch', { jobId: 'job_x' as JobId, attempt }, { id: `dispatch-${attempt}` })
    await add(1)
    const dead = lastWord && line.deadAt(lastWord)
    queues.work('dispatch', 1, async ({ attempt }) => void got.push(attempt))
    await eventually('the first arrived', () => got.includes(1))
    if (dead) await dead
    else {
      await add(2)
      await eventually('the second arrived, after a wait', () => got.includes(2))
      line.turn('dead')
    }
    const third = eventually('the third is added', () =>
      // whoever adds in vain adds again
      add(3).then(
        () => true,
        () => false,
      ),
    )
    await setTimeout(1_000)
    line.turn('up') // for new connections; those of before stay dead
    await third
    await eventually('the third arrived', () => got.includes(3), 120_000)
    line.turn('cut')
    await queues.close()
  },
)

test('postgres: connections that are lost while a process begins to work cost it nothing', async () => {
  await using t = await testDb()
  const queues = await openQueues({ DATABASE_URL: t.url }, silent)
  const tables = await t.db.startTransaction().execute()
  await sql`lock table bullmq.migration in access exclusive mode`.execute(tables)
  const got: number[] = []
  queues.work('dispatch', 4, async ({ attempt }) => void got.push(attempt))
  const beginning = () =>
    t.db
      .selectFrom(sql<{ pid: number; waitEventType: string }>`pg_stat_activity`.as('sessions'))
      .select(['pid', sql`pg_terminate_backend(pid)`.as('ended')])
      .where('waitEventType', '=', 'Lock')
      .where(sql<boolean>`datname = current_database()`)
      .execute()
  await eventually('what waits for the tables is cut off', async () => (await beginning()).length > 0)
  await tables.commit().execute()
  await queues.add('dispatch', { jobId: 'job_x' as JobId, attempt: 1 }, { id: 'one' })
  await eventually('it arrived', () => got.length === 1)
  await queues.close()
})

test('postgres: a delivery of a killed worker is taken over, though a clock was an hour ahead meanwhile', async () => {
  await using t = await testDb()
  const queues = await openQueues({ DATABASE_URL: t.url }, silent)
  await queues.add('dispatch', { jobId: 'job_x' as JobId, attempt: 1 }, { id: 'one' })
  await sql`update bullmq.job set state = 'active', lock_token = 'of a killed one', locked_until_ms = 0`.execute(t.db)
  const inAnHour = String(Date.now() + 3_600_000)
  await sql`insert into bullmq.meta (queue, field, value) values ('dispatch', 'stalled-check', ${inAnHour})`.execute(
    t.db,
  )
  const got: number[] = []
  queues.work('dispatch', 4, async ({ attempt }) => void got.push(attempt))
  await mendQueues(t.db)
  await eventually('it arrived', () => got.length === 1)
  await queues.close()
})

test.each(['redis', 'cluster'] as const)('%s: a job runs, and a flushed Redis loses nothing', async (kind) => {
  await using backend = await aBackend(kind)
  await using lab = await aLab(backend.env)
  await lab.addBox()
  expect(await lab.until(await lab.submit({ script: 'print(1)' }))).toMatchObject({ state: 'completed' })
  const running = await lab.submit({ script: 'import time\nprint(1)\ntime.sleep(1)\nprint(2)' })
  const waiting = await lab.submit({ script: 'print(3)' })
  await lab.until(running, 'running')
  await Promise.all(redisNodes(backend.env.REDIS_URL ?? '').map(flush))
  expect(await lab.until(running)).toMatchObject({ state: 'completed' })
  expect(await lab.until(waiting)).toMatchObject({ state: 'completed' })
})

test('the worker is away: jobs are taken and wait; it is killed in mid-run and its successor goes on', async () => {
  await using lab = await aLab()
  await lab.addBox()
  const running = await lab.submit({
    script: 'import time\nfor i in range(20):\n print(i, flush=True)\n time.sleep(0.1)',
  })
  await eventually('it prints', async () => (await lab.lines(running).catch(() => [])).length > 2)
  process.kill(lab.worker.pid, 'SIGKILL')
  const waiting = await lab.submit({ script: 'print("patient")' })
  expect(await lab.job(waiting)).toMatchObject({ state: 'queued' })
  await lab.startWorker({ STOUT_WORKER_PORT: String(lab.workerPort) })
  expect(await lab.until(running)).toMatchObject({ state: 'completed', attempt: 1 })
  expect((await lab.lines(running)).map((line) => line.text)).toEqual(Array.from({ length: 20 }, (_, i) => String(i)))
  expect(await lab.until(waiting)).toMatchObject({ state: 'completed' })
})

test('a box finished its rest while no worker ran: the next worker places the job', async () => {
  await using lab = await aLab()
  const { db } = lab.ctx
  const box = await lab.addBox()
  expect(await lab.until(await lab.submit({ script: 'print("the box is known")' }))).toMatchObject({
    state: 'completed',
  })
  await db.updateTable('boxes').set({ draining: true }).where('id', '=', box.id).execute()
  const id = await lab.submit({ script: 'print("rested")' })
  await lab.until(id, 'waiting_for_box')
  process.kill(lab.worker.pid, 'SIGKILL')
  await db.updateTable('boxes').set({ draining: false }).where('id', '=', box.id).execute()
  const untilAt = new Date(Date.now() - 60_000)
  await db
    .insertInto('boxRests')
    .values({ jobId: id, boxId: box.id, untilAt, why: '{"kind":"silent","detail":""}' })
    .execute()
  await lab.startWorker({ STOUT_WORKER_PORT: String(lab.workerPort) })
  expect(await lab.until(id)).toMatchObject({ state: 'completed', attempt: 1 })
})

async function flush(url: string): Promise<void> {
  const client = new Redis(url)
  await client.flushall()
  client.disconnect()
}
