import { expect, test } from 'vitest'
import { createGroup, deleteGroup, updateGroup } from '../core/groups/change-group'
import type { GroupId } from '../core/ids'
import { aLab, eventually, type Lab } from './testing/lab'

const waitsFor = (lab: Lab, code: string) =>
  eventually(`a wait reason ${code}`, async () => {
    const rows = await lab.ctx.db.selectFrom('waitReasons').select('reasons').execute()
    return rows.some(({ reasons }) => reasons.some((reason) => reason.code === code))
  })

test('a job that waits for a group starts as soon as a box joins it, also under its new name', async () => {
  await using lab = await aLab()
  const box = await lab.addBox()
  const group = await createGroup(lab.ctx, { name: 'radio', boxes: [] })
  const job = await lab.submit({ script: 'print(1)', target: { group: 'radio' } })
  await waitsFor(lab, 'no_such_target')
  await updateGroup(lab.ctx, group.id as GroupId, { name: 'radios' })
  await updateGroup(lab.ctx, group.id as GroupId, { boxes: [box.name] })
  expect(await lab.until(job)).toMatchObject({ state: 'completed', boxId: box.id })
})

test('a job that waits for a group says so when the group is deleted', async () => {
  await using lab = await aLab()
  const box = await lab.addBox()
  const group = await createGroup(lab.ctx, { name: 'radio', boxes: [box.name] })
  const holder = await lab.submit({
    script: 'import time; time.sleep(60)',
    target: { group: 'radio' },
    graceSeconds: 0,
  })
  await lab.until(holder, 'running')
  const job = await lab.submit({ script: 'print(1)', target: { group: 'radio' } })
  await waitsFor(lab, 'box_leased')
  await deleteGroup(lab.ctx, group.id as GroupId)
  await waitsFor(lab, 'no_such_target')
  expect((await lab.job(job)).state).toBe('waiting_for_box')
  expect((await lab.job(holder)).state).toBe('running')
})
