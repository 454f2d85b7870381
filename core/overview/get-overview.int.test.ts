import { expect, test } from 'vitest'
import { testDb } from '../../db/testing/database'
import { cancelJob } from '../jobs/cancel-job'
import { aBox, aJob, anOrg } from '../testing/fixtures'
import { getOverview } from './get-overview'

const URL = 'http://stout.test'

test('an overview counts boxes, slots and queues, and names what runs and what ended last', async () => {
  await using t = await testDb()
  const ctx = await anOrg(t.db)
  expect(await getOverview(ctx, URL)).toEqual({
    fleet: { boxes: 0, online: 0, offline: 0, unknown: 0, draining: 0, troubled: 0, slots: 0, takenSlots: 0 },
    ...{ live: [], queue: [], queueKeys: 0, running: [], ended: [] },
  })
  await aBox(ctx, { name: 'one', slots: 2 })
  const off = await aBox(ctx, { name: 'two' })
  await t.db.updateTable('boxes').set({ status: 'offline', draining: true }).where('id', '=', off).execute()
  const first = await aJob(ctx, { state: 'completed' })
  const running = await aJob(ctx, { state: 'running' })
  await aJob(ctx, { target: { box: 'two' } })
  await aJob(ctx, { requires: ['dut=none'] })
  const last = await aJob(ctx, { requires: ['dut=none'] })
  await cancelJob(ctx, last.id, '')
  await aJob(ctx, { requires: ['dut=none'] })

  const stranger = await anOrg(t.db)
  await aBox(stranger)
  await aJob(stranger)

  const now = await getOverview(ctx, URL)
  expect(now.fleet).toEqual({
    ...{ boxes: 2, online: 1, offline: 1, unknown: 0, draining: 1, troubled: 0 },
    ...{ slots: 3, takenSlots: 1 },
  })
  expect(now.queue).toMatchObject([
    { key: 'any', jobs: 2 },
    { key: 'box:two', jobs: 1 },
  ])
  expect(now.live.reduce((sum, { jobs }) => sum + jobs, 0)).toBe(4)
  expect(now.running.map(({ id }) => id)).toEqual([running.id])
  expect(now.ended.map(({ id }) => id)).toEqual([last.id, first.id])
})
