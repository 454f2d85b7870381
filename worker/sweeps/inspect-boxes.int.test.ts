import { expect, test } from 'vitest'
import { testBox } from '../../box/runtime/testing/box'
import { addBox } from '../../core/boxes/add-box'
import { boxChangesSchema, newBoxSchema } from '../../core/boxes/box-fields'
import { getBox } from '../../core/boxes/get-box'
import { updateBox } from '../../core/boxes/update-box'
import type { BoxId } from '../../core/ids'
import { aLab, eventually, type Lab } from '../testing/lab'
import { aProxy } from '../testing/proxy'

const OFTEN = { BOX_INSPECT_SECONDS: '0.3', BOX_PROBE_SECONDS: '0.3' }

const add = (lab: Lab, pythonPort: number) =>
  addBox(lab.ctx, lab.fleet, newBoxSchema.parse({ name: 'bench-9', host: '127.0.0.1', pythonPort }))
const reasons = async ({ ctx }: Lab) => {
  const rows = await ctx.db.selectFrom('waitReasons').select('reasons').execute()
  return rows.flatMap((row) => row.reasons.map(({ code }) => code))
}
const waitsFor = (lab: Lab, code: string) =>
  eventually(`waits: ${code}`, async () => (await reasons(lab)).includes(code as never))
const untilBox = (lab: Lab, boxId: BoxId, what: string, holds: (box: Awaited<ReturnType<typeof getBox>>) => boolean) =>
  eventually(what, async () => holds(await getBox(lab.ctx, boxId)))

test('another box takes the place of a box: it is noticed without a job, jobs wait and say so, and run once it is accepted', async () => {
  await using lab = await aLab(OFTEN)
  const first = await testBox({ boxId: 'bench-9', version: '0.40.0' })
  const boxId = await add(lab, first.pythonPort)
  await first[Symbol.asyncDispose]()
  await untilBox(lab, boxId, 'it is offline', ({ status }) => status === 'offline')
  await using _other = await testBox({ boxId: 'bench-10', version: '0.40.0', pythonPort: first.pythonPort })
  await untilBox(lab, boxId, 'the other one is noticed', ({ foundBoxId }) => foundBoxId === 'bench-10')
  const id = await lab.submit({ script: 'print(1)' })
  await waitsFor(lab, 'identity_mismatch')
  await updateBox(lab.ctx, lab.fleet, boxId, boxChangesSchema.parse({ lagerBoxId: 'bench-10' }))
  expect(await lab.until(id)).toMatchObject({ state: 'completed', boxId })
})

test('a box that can no longer call back gets no jobs until it can', async () => {
  let workerPort = 0
  await using proxy = await aProxy(() => workerPort)
  await using lab = await aLab(OFTEN, { boxUrl: `http://127.0.0.1:${proxy.port}` })
  workerPort = lab.workerPort
  await using box = await testBox({ boxId: 'bench-9', version: '0.40.0' })
  const boxId = await add(lab, box.pythonPort)
  expect(await getBox(lab.ctx, boxId)).toMatchObject({ canCallBack: true })
  workerPort = 1
  await untilBox(lab, boxId, 'it cannot call back', ({ canCallBack }) => !canCallBack)
  expect((await getBox(lab.ctx, boxId)).callBackDetail).toContain(`http://127.0.0.1:${proxy.port}/health`)
  const id = await lab.submit({ script: 'print(1)' })
  await waitsFor(lab, 'cannot_call_back')
  workerPort = lab.workerPort
  expect(await lab.until(id)).toMatchObject({ state: 'completed' })
})

test('a bench at work is left alone', async () => {
  await using lab = await aLab(OFTEN)
  await using box = await testBox({ boxId: 'bench-9', version: '0.40.0' })
  const boxId = await add(lab, box.pythonPort)
  const id = await lab.submit({ script: 'import time\ntime.sleep(600)' })
  await lab.until(id, 'running')
  const before = await getBox(lab.ctx, boxId)
  await untilBox(lab, boxId, 'probes go on', ({ probedAt }) => (probedAt ?? '') > (before.probedAt ?? ''))
  const during = await getBox(lab.ctx, boxId)
  await untilBox(lab, boxId, 'probes go on and on', ({ probedAt }) => (probedAt ?? '') > (during.probedAt ?? ''))
  expect((await getBox(lab.ctx, boxId)).inspectedAt).toBe(before.inspectedAt)
})
