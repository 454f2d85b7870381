import { expect, test } from 'vitest'
import type { BoxConfig } from '../../box/runtime/config'
import { testBox } from '../../box/runtime/testing/box'
import { testDb } from '../../db/testing/database'
import { aLab } from '../../worker/testing/lab'
import { deriveKeys } from '../access/keys'
import { lagerCall } from '../channels/lager-call'
import type { Ctx } from '../context'
import { anOrg } from '../testing/fixtures'
import { aSite } from '../testing/site'
import { addBox } from './add-box'
import { boxAddressSchema, newBoxSchema } from './box-fields'
import { callBackTargets } from './call-back'
import { getBox } from './get-box'
import { listBoxes } from './list-boxes'
import type { Fleet } from './look-at-box'
import { type ProbeReport, probeBox } from './probe-box'

const NETS = [{ name: 'console', role: 'uart' }]
/** Nobody listens there: boxes cannot call back. */
const ALONE: Fleet = {
  keys: deriveKeys('a secret for tests only, of enough characters'),
  installation: 'test',
  callBacks: callBackTargets('http://127.0.0.1:1'),
  ca: null,
}

const aRuntime = (config: Partial<BoxConfig> = {}) =>
  testBox({ version: '0.40.0', boxId: 'bench-9', nets: NETS, ...config })
const address = (pythonPort: number, token: string | null = null) =>
  boxAddressSchema.parse({ host: '127.0.0.1', pythonPort, token })
const aNewBox = (pythonPort: number, more: object = {}) =>
  newBoxSchema.parse({ name: 'bench-9', host: '127.0.0.1', pythonPort, ...more })
const levels = ({ checks }: ProbeReport) => Object.fromEntries(checks.map(({ code, level }) => [code, level]))
const reasonOf = async (work: Promise<unknown>) => {
  const error = (await work.then(
    () => ({ message: 'nothing was thrown' }),
    (thrown: unknown) => thrown,
  )) as { status?: number; detail?: { reason?: string }; message: string }
  return [error.status, error.detail?.reason, error.message]
}

test('a probe shows who the box is, what it has and that it can call back; adding it saves that, and jobs run there', async () => {
  await using lab = await aLab()
  await using box = await aRuntime({ token: 'secret' })
  const { ctx, fleet } = lab
  const report = await probeBox(ctx, fleet, address(box.pythonPort, 'secret'))
  expect(levels(report)).toEqual({
    ...{ reachable: 'ok', identity: 'ok', version: 'ok', nets: 'ok', unlocked: 'ok', call_back: 'ok' },
  })
  expect(report).toMatchObject({
    canSave: true,
    found: { lagerBoxId: 'bench-9', version: '0.40.0', nets: [{ name: 'console', type: 'UART' }], lockHolder: null },
  })
  expect((await listBoxes(ctx, { limit: 10 })).items).toEqual([])

  const input = { token: 'secret', labels: { dut: 'stm32' }, groups: ['lab-a', 'lab-a'], lagerBoxId: 'bench-9' }
  const boxId = await addBox(ctx, fleet, aNewBox(box.pythonPort, input))
  expect(await getBox(ctx, boxId)).toMatchObject({
    ...{ name: 'bench-9', status: 'online', lagerBoxId: 'bench-9', version: '0.40.0', canCallBack: true },
    ...{ nets: [{ name: 'console', type: 'UART' }], labels: { dut: 'stm32' }, groups: ['lab-a'], hasToken: true },
    ...{ bootId: report.found?.bootId, hostname: report.found?.hostname, slots: 1, lockHolder: null },
  })
  const row = await ctx.db.selectFrom('boxes').select('tokenSealed').executeTakeFirstOrThrow()
  expect(row.tokenSealed).not.toContain('secret')
  const id = await lab.submit({ script: 'print("from the new box")', target: { box: 'bench-9' } })
  expect(await lab.until(id)).toMatchObject({ state: 'completed', boxId })
  const events = await ctx.db.selectFrom('events').selectAll().where('subject', '=', boxId).orderBy('seq').execute()
  expect(events[0]).toMatchObject({ seq: 1, type: 'box_added', actor: ctx.actor, data: { canCallBack: true } })
})

test('a box that cannot call back is told apart by what it met, and is saved but gets no jobs', async () => {
  await using t = await testDb()
  const ctx = await anOrg(t.db)
  await using box = await aRuntime()
  const report = await probeBox(ctx, ALONE, address(box.pythonPort))
  expect(levels(report)).toMatchObject({ no_call_back: 'problem' })
  expect(report.canSave).toBe(true)
  const text = report.checks.find(({ code }) => code === 'no_call_back')?.text
  expect(text).toMatch(/cannot reach http:\/\/127\.0\.0\.1:1\/health: ConnectionRefusedError.*set STOUT_BOX_URL/)

  await using other = await aSite('{"service":"stout-worker","installation":"another"}')
  await using site = await aSite('<html>Sign in to the network</html>')
  for (const [url, said] of [
    [other.url, /another installation of Stout answers there \(another instead of test\)/],
    [site.url, /something else answers there: 200 <html>/],
  ] as const) {
    const { checks } = await probeBox(ctx, { ...ALONE, callBacks: callBackTargets(url) }, address(box.pythonPort))
    expect(checks.find(({ check }) => check === 'call_back')).toMatchObject({ code: 'no_call_back' })
    expect(checks.find(({ check }) => check === 'call_back')?.text).toMatch(said)
  }
  const boxId = await addBox(ctx, ALONE, aNewBox(box.pythonPort))
  const saved = await getBox(ctx, boxId)
  expect(saved).toMatchObject({ canCallBack: false, status: 'online' })
  expect(saved.callBackDetail).toMatch(/ConnectionRefusedError/)
})

test('what keeps a box from being added has its own words, and nothing is saved', async () => {
  await using t = await testDb()
  const ctx = await anOrg(t.db)
  await using guarded = await aRuntime({ token: 'secret' })
  await using old = await aRuntime({ version: '0.37.9|5' })
  await using site = await aSite('hello')
  const cases: [number, string | null, string, number, RegExp][] = [
    [1, null, 'unreachable', 422, /127\.0\.0\.1:1 cannot be reached: nobody listens there/],
    [guarded.pythonPort, null, 'unauthorised', 422, /wants a token/],
    [guarded.pythonPort, 'guess', 'unauthorised', 422, /does not accept the token/],
    [old.pythonPort, null, 'version_too_old', 422, /Runtime 0\.37\.9 is too old; Stout needs 0\.38\.0/],
    [Number(new URL(site.url).port), null, 'incompatible', 422, /does not answer as a Lager runtime does/],
  ]
  for (const [port, token, code, status, text] of cases) {
    const report = await probeBox(ctx, ALONE, address(port, token))
    expect([code, report.canSave, levels(report)[code]]).toEqual([code, false, 'problem'])
    expect(report.checks.find((check) => check.code === code)?.text).toMatch(text)
    const refused = await reasonOf(addBox(ctx, ALONE, aNewBox(port, { token })))
    expect(refused).toEqual([status, code, expect.stringMatching(text)])
  }
  expect((await listBoxes(ctx, { limit: 10 })).items).toEqual([])
  expect(await t.db.selectFrom('events').selectAll().execute()).toEqual([])
})

test('an address, a name and an identity are one box’s alone, until it is removed', async () => {
  await using t = await testDb()
  const ctx = await anOrg(t.db)
  await using first = await aRuntime()
  await using twin = await aRuntime()
  await using another = await aRuntime({ boxId: 'bench-10' })
  await addBox(ctx, ALONE, aNewBox(first.pythonPort))
  expect(levels(await probeBox(ctx, ALONE, address(first.pythonPort)))).toMatchObject({
    ...{ duplicate_address: 'problem', duplicate_identity: 'problem' },
  })
  const adding = (port: number, more: object) => reasonOf(addBox(ctx, ALONE, aNewBox(port, { name: 'new', ...more })))
  expect(await adding(first.pythonPort, {})).toEqual([409, 'duplicate_address', expect.stringMatching(/bench-9 has/)])
  expect(await adding(first.pythonPort, { host: '127.1' })).toEqual([409, 'duplicate_address', expect.any(String)])
  const identity = [409, 'duplicate_identity', expect.stringMatching(/registered already as bench-9/)]
  expect(await adding(twin.pythonPort, {})).toEqual(identity)
  expect(await adding(another.pythonPort, { name: 'bench-9' })).toEqual([409, 'duplicate_name', expect.any(String)])
  const swapped = [409, 'swapped_identity', expect.stringMatching(/bench-10 .* instead of bench-9/)]
  expect(await adding(another.pythonPort, { lagerBoxId: 'bench-9' })).toEqual(swapped)
  expect((await listBoxes(ctx, { limit: 10 })).items).toHaveLength(1)
  const elsewhere = await anOrg(t.db)
  await addBox(elsewhere, ALONE, aNewBox(first.pythonPort))
})

test('a box without identity, version and nets, locked by somebody, is noticed as that and can be added', async () => {
  await using t = await testDb()
  const ctx = await anOrg(t.db)
  await using box = await testBox({ boxId: 'unknown' })
  await lagerCall(address(box.pythonPort)).ask('POST', '/lock', 5_000, { user: 'ada' })
  const report = await probeBox(ctx, ALONE, address(box.pythonPort))
  expect(levels(report)).toMatchObject({
    ...{ unknown_identity: 'notice', unknown_version: 'notice', no_nets: 'notice', locked: 'notice' },
  })
  const boxId = await addBox(ctx, ALONE, aNewBox(box.pythonPort))
  expect(await getBox(ctx, boxId)).toMatchObject({ lagerBoxId: null, version: 'unknown', lockHolder: 'ada' })
})

test('members may neither probe nor add', async () => {
  await using t = await testDb()
  const ctx: Ctx = { ...(await anOrg(t.db)), role: 'member' }
  await expect(probeBox(ctx, ALONE, address(1))).rejects.toMatchObject({ status: 403 })
  await expect(addBox(ctx, ALONE, aNewBox(1))).rejects.toMatchObject({ status: 403 })
})
