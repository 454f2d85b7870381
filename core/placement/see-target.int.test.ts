import { expect, test } from 'vitest'
import { testDb } from '../../db/testing/database'
import { setGroups } from '../boxes/fleet-rows'
import { getJob } from '../jobs/get-job'
import { aBox, aJob, anOrg, aPass } from '../testing/fixtures'
import { seeTarget } from './see-target'

const ANY = { target: { any: true as const }, requires: [] }

test('each box that a job would target is free, not free now, or does not fit, in the words that the job would wait with', async () => {
  await using t = await testDb()
  const ctx = await anOrg(t.db)
  expect(await seeTarget(ctx, ANY)).toEqual({
    ...{ boxes: 0, free: [], later: [], unfit: [] },
    nothing: { code: 'no_free_box', boxes: [] },
  })
  const nrf = { labels: { dut: 'nrf' } }
  const busy = await aBox(ctx, { name: 'busy', ...nrf })
  await aJob(ctx, { state: 'running' })
  await aBox(ctx, { name: 'free', ...nrf })
  const away = await aBox(ctx, { name: 'away', ...nrf })
  await t.db.updateTable('boxes').set({ status: 'offline' }).where('id', '=', away).execute()
  await aBox(ctx, { name: 'other', labels: { dut: 'stm32' } })
  await aBox(await anOrg(t.db), { name: 'foreign', ...nrf })

  const asked = { target: { any: true as const }, requires: ['dut=nrf'] }
  const seen = await seeTarget(ctx, asked)
  expect(seen).toEqual({
    ...{ boxes: 4, free: ['free'], nothing: null },
    later: [
      { code: 'box_offline', boxes: ['away'] },
      { code: 'box_leased', boxes: ['busy'] },
    ],
    unfit: [{ code: 'label_mismatch', detail: 'dut=nrf', boxes: ['other'] }],
  })
  expect((await seeTarget(ctx, { ...asked, requires: ['dut='] })).free).toEqual(['free', 'other'])

  const group = { target: { group: 'two' }, requires: [] }
  expect((await seeTarget(ctx, group)).nothing).toEqual({ code: 'no_such_target', boxes: [] })
  await t.db.transaction().execute(async (tx) => {
    for (const id of [busy, away]) await setGroups(tx, ctx.orgId, id, ['two'])
  })
  expect(await seeTarget(ctx, group)).toMatchObject({ boxes: 2, free: [], unfit: [] })
  expect(await seeTarget(ctx, { target: { box: 'other' }, requires: [] })).toMatchObject({ boxes: 1, free: ['other'] })
  expect((await seeTarget(ctx, { target: { box: 'foreign' }, requires: [] })).boxes).toBe(0)

  await aJob(ctx, asked)
  const waits = await aJob(ctx, asked)
  await aPass(ctx)
  const now = await seeTarget(ctx, asked)
  expect(now.free).toEqual([])
  expect([...now.later, ...now.unfit].sort(byCode)).toEqual(
    (await getJob(ctx, waits.id, 'http://stout.test')).waitReasons.sort(byCode),
  )
})

const byCode = (a: { code: string }, b: { code: string }) => (a.code < b.code ? -1 : 1)
