import { expect, test } from 'vitest'
import { testDb } from '../../db/testing/database'
import { cancelJob } from '../jobs/cancel-job'
import { aBox, aJob, anOrg, aPass } from '../testing/fixtures'
import { drainLevel, liveJobs, outboxLevel, queueLevels } from './levels'

test('queue keys beyond the deepest ones are one together', async () => {
  await using t = await testDb()
  const ctx = await anOrg(t.db)
  for (const name of ['a', 'b', 'c']) await aBox(ctx, { name })
  for (const box of ['a', 'a', 'a', 'b', 'c']) await aJob(ctx, { target: { box } })
  const held = await aJob(ctx, { target: { box: 'a' } })
  await t.db.updateTable('jobs').set({ holdReason: 'approval' }).where('id', '=', held.id).execute()
  const levels = await queueLevels(t.db, 1)
  expect(levels.map(({ key, jobs }) => [key, jobs])).toEqual([
    ['box:a', 3],
    ['other', 2],
  ])
  expect(levels.every(({ oldestSeconds }) => oldestSeconds >= 0)).toBe(true)
})

test('an attempt drains from the end of its job until it is closed', async () => {
  await using t = await testDb()
  const ctx = await anOrg(t.db)
  await aBox(ctx)
  const job = await aJob(ctx, { state: 'running' })
  expect(await drainLevel(t.db)).toEqual({ attempts: 0, oldestSeconds: 0 })
  expect(await liveJobs(t.db)).toEqual([{ state: 'running', jobs: 1 }])
  await cancelJob(ctx, job.id, '')
  expect(await drainLevel(t.db)).toMatchObject({ attempts: 1 })
})

test('the outbox tells how many events wait, and for how long', async () => {
  await using t = await testDb()
  const ctx = await anOrg(t.db)
  expect(await outboxLevel(t.db)).toEqual({ events: 0, oldestSeconds: 0 })
  await aJob(ctx)
  await aPass(ctx)
  const level = await outboxLevel(t.db)
  expect(level.events).toBe(2) // submitted, wait
  expect(level.oldestSeconds).toBeGreaterThan(0)
})
