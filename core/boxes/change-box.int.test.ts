import { expect, test } from 'vitest'
import { testBox } from '../../box/runtime/testing/box'
import { testDb } from '../../db/testing/database'
import { deriveKeys } from '../access/keys'
import type { Ctx } from '../context'
import type { BoxId } from '../ids'
import { aBox, aJob, anOrg, aPass } from '../testing/fixtures'
import { addBox } from './add-box'
import { boxChangesSchema, newBoxSchema } from './box-fields'
import { callBackTargets } from './call-back'
import { getBox } from './get-box'
import { listBoxes } from './list-boxes'
import type { Fleet } from './look-at-box'
import { recordInspection } from './record-inspection'
import { recordProbe } from './record-probe'
import { removeBox } from './remove-box'
import { updateBox } from './update-box'

const FLEET: Fleet = {
  keys: deriveKeys('a secret for tests only, of enough characters'),
  installation: 'test',
  callBacks: callBackTargets('http://127.0.0.1:1'),
  ca: null,
}
const aRuntime = (boxId: string, token?: string) => testBox({ boxId, version: '0.40.0', ...(token && { token }) })
const change = (ctx: Ctx, boxId: BoxId, changes: object) =>
  updateBox(ctx, FLEET, boxId, boxChangesSchema.parse(changes))

async function aFleetOf(ctx: Ctx, pythonPort: number, more: object = {}): Promise<BoxId> {
  const input = { name: 'bench-7', host: '127.0.0.1', pythonPort, ...more }
  return await addBox(ctx, { ...FLEET, callBacks: [] }, newBoxSchema.parse(input))
}

async function eventsOf({ db }: Ctx, boxId: BoxId) {
  const rows = await db.selectFrom('events').selectAll().where('subject', '=', boxId).orderBy('seq').execute()
  return rows.map(({ type, actor, data }) => ({ type, actor, data }))
}

const FACTS = { online: true as const, version: '0.40.0', nets: [], lockHolder: null }
const identity = (lagerBoxId: string, bootId = 'boot-1') => ({ lagerBoxId, bootId, hostname: 'h', python: '3.11.2' })
const inspected = (ctx: Ctx, id: BoxId, who: ReturnType<typeof identity>, ok = true) =>
  recordInspection(ctx.db, id, { identity: who }, [{ url: 'http://stout', ok, detail: 'refused' }])

test('names, labels, groups, slots and draining are changed by who may, and each change is an event', async () => {
  await using t = await testDb()
  const ctx = await anOrg(t.db)
  await using box = await aRuntime('bench-7')
  const boxId = await aFleetOf(ctx, box.pythonPort, { labels: { dut: 'a' }, groups: ['x'] })
  await aBox(ctx, { name: 'taken' })
  await change(ctx, boxId, { name: 'bench-8', labels: { dut: 'b' }, groups: ['y', 'z'], slots: 2, draining: true })
  expect(await getBox(ctx, boxId)).toMatchObject({
    ...{ name: 'bench-8', labels: { dut: 'b' }, groups: ['y', 'z'], slots: 2, draining: true, hasToken: false },
  })
  await change(ctx, boxId, { draining: true, labels: { dut: 'b' } })
  expect(await eventsOf(ctx, boxId)).toMatchObject([
    { type: 'box_added' },
    {
      type: 'box_edited',
      actor: 'user:ada',
      data: { changes: { name: { from: 'bench-7', to: 'bench-8' }, draining: { from: false, to: true } } },
    },
  ])
  await expect(change(ctx, boxId, { name: 'taken' })).rejects.toMatchObject({ status: 409 })
  await expect(change({ ...ctx, role: 'viewer' }, boxId, { slots: 3 })).rejects.toMatchObject({ status: 403 })
  await expect(change(await anOrg(t.db), boxId, { slots: 3 })).rejects.toMatchObject({ status: 404 })
})

test('a new address or token must lead to the same box', async () => {
  await using t = await testDb()
  const ctx = await anOrg(t.db)
  await using before = await aRuntime('bench-7')
  await using after = await aRuntime('bench-7', 'secret')
  await using stranger = await aRuntime('bench-8')
  const boxId = await aFleetOf(ctx, before.pythonPort)
  const moving = (changes: object) => change(ctx, boxId, changes)
  await expect(moving({ pythonPort: 1 })).rejects.toMatchObject({ status: 422, detail: { reason: 'unreachable' } })
  await expect(moving({ pythonPort: after.pythonPort })).rejects.toMatchObject({ detail: { reason: 'unauthorised' } })
  await expect(moving({ pythonPort: stranger.pythonPort })).rejects.toMatchObject({
    ...{ status: 409, detail: { reason: 'swapped_identity' } },
  })
  await moving({ pythonPort: after.pythonPort, token: 'secret' })
  expect(await getBox(ctx, boxId)).toMatchObject({ pythonPort: after.pythonPort, hasToken: true, status: 'online' })
  const last = (await eventsOf(ctx, boxId)).at(-1)
  expect(last).toMatchObject({ type: 'box_edited', data: { changes: { token: {} } } })
  expect(JSON.stringify(last)).not.toContain('secret')
  await expect(moving({ token: 'wrong' })).rejects.toMatchObject({ detail: { reason: 'unauthorised' } })
})

test('another box at the address is marked once, gets no jobs, and goes on when it is accepted by name', async () => {
  await using t = await testDb()
  const ctx = await anOrg(t.db)
  await using box = await aRuntime('bench-8')
  const boxId = await aFleetOf(ctx, box.pythonPort)
  await t.db.updateTable('boxes').set({ lagerBoxId: 'bench-7' }).where('id', '=', boxId).execute()
  for (let i = 0; i < 2; i++) await inspected(ctx, boxId, identity('bench-8'))
  expect(await getBox(ctx, boxId)).toMatchObject({
    identityMismatch: true,
    lagerBoxId: 'bench-7',
    foundBoxId: 'bench-8',
  })
  const job = await aJob(ctx)
  expect(await aPass(ctx)).toEqual([])
  await expect(change(ctx, boxId, { lagerBoxId: 'bench-9' })).rejects.toMatchObject({ status: 409 })
  await change(ctx, boxId, { lagerBoxId: 'bench-8' })
  expect(await getBox(ctx, boxId)).toMatchObject({ identityMismatch: false, lagerBoxId: 'bench-8', foundBoxId: null })
  expect(await eventsOf(ctx, boxId)).toMatchObject([
    { type: 'box_added' },
    { type: 'identity_mismatch', actor: 'sweep:probe', data: { registered: 'bench-7', found: 'bench-8' } },
    { type: 'identity_accepted', actor: 'user:ada', data: { from: 'bench-7', to: 'bench-8' } },
  ])
  await t.db.updateTable('boxes').set({ canCallBack: true }).execute()
  expect(await aPass(ctx)).toMatchObject([{ jobId: job.id, boxId }])
})

test('the right box comes back by itself; a reboot and a lost way back are events', async () => {
  await using t = await testDb()
  const ctx = await anOrg(t.db)
  const boxId = await aBox(ctx)
  await inspected(ctx, boxId, identity('bench-7'))
  await inspected(ctx, boxId, identity('bench-8', 'boot-8'))
  await inspected(ctx, boxId, identity('bench-7'))
  await inspected(ctx, boxId, identity('bench-7', 'boot-2'))
  await inspected(ctx, boxId, identity('bench-7', 'boot-2'), false)
  expect(await getBox(ctx, boxId)).toMatchObject({
    ...{ canCallBack: false, callBackDetail: 'http://stout: refused', identityMismatch: false, bootId: 'boot-2' },
  })
  await inspected(ctx, boxId, identity('bench-7', 'boot-2'))
  expect((await eventsOf(ctx, boxId)).map(({ type, data }) => [type, data.canCallBack])).toEqual([
    ['identity_mismatch', undefined],
    ['identity_restored', undefined],
    ['box_rebooted', undefined],
    ['box_changed', false],
    ['box_changed', true],
  ])
})

test('one lost probe is no absence, two in a row are; a box that denies us is offline at once', async () => {
  await using t = await testDb()
  const ctx = await anOrg(t.db)
  const boxId = await aBox(ctx)
  const lost = { online: false as const, kind: 'unreachable' as const, detail: 'no answer' }
  const status = async () => (await getBox(ctx, boxId)).status
  await recordProbe(t.db, boxId, lost)
  expect(await status()).toBe('online')
  await recordProbe(t.db, boxId, FACTS)
  await recordProbe(t.db, boxId, lost)
  expect(await status()).toBe('online')
  await recordProbe(t.db, boxId, lost)
  expect(await getBox(ctx, boxId)).toMatchObject({ status: 'offline', statusDetail: 'unreachable: no answer' })
  await recordProbe(t.db, boxId, FACTS)
  await recordProbe(t.db, boxId, { ...lost, kind: 'unauthorised' })
  expect(await status()).toBe('offline')
  const told = (await eventsOf(ctx, boxId)).map(({ data }) => data.status)
  expect(told).toEqual(['offline', 'online', 'offline'])
})

test('a box that a job holds is not removed; afterwards it leaves, and its name, address and identity are free', async () => {
  await using t = await testDb()
  const ctx = await anOrg(t.db)
  await using box = await aRuntime('bench')
  const boxId = await aFleetOf(ctx, box.pythonPort, { groups: ['lab'] })
  const running = await aJob(ctx, { state: 'running', name: 'soak' })
  await expect(removeBox(ctx, boxId)).rejects.toMatchObject({
    ...{ status: 409, detail: { reason: 'leased', jobId: running.id }, message: expect.stringContaining('soak') },
  })
  await t.db.deleteFrom('leases').execute()
  await expect(removeBox({ ...ctx, role: 'member' }, boxId)).rejects.toMatchObject({ status: 403 })
  await expect(removeBox(await anOrg(t.db), boxId)).rejects.toMatchObject({ status: 404 })
  await removeBox(ctx, boxId)

  expect((await listBoxes(ctx, { limit: 10 })).items).toEqual([])
  expect(await getBox(ctx, boxId)).toMatchObject({ name: 'bench-7', removedAt: expect.any(String), groups: [] })
  expect((await eventsOf(ctx, boxId)).at(-1)).toMatchObject({ type: 'box_removed', actor: 'user:ada' })
  await aJob(ctx)
  expect(await aPass(ctx)).toEqual([])
  await expect(aJob(ctx, { target: { box: 'bench-7' } })).rejects.toMatchObject({ status: 422 })
  for (const again of [() => removeBox(ctx, boxId), () => change(ctx, boxId, { slots: 2 })]) {
    await expect(again()).rejects.toMatchObject({ status: 409, detail: { reason: 'removed' } })
  }
  await recordProbe(t.db, boxId, FACTS)
  expect(await aFleetOf(ctx, box.pythonPort)).not.toBe(boxId)
})
