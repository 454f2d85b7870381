import { expect, test } from 'vitest'
import { aLab, eventually, type LabBox } from './testing/lab'
import { lockHolder } from './testing/wired-lab'

async function post({ url }: LabBox, path: string, body: object): Promise<number> {
  const headers = { authorization: 'Bearer box-token-of-the-lab', 'content-type': 'application/json' }
  return (await fetch(`${url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })).status
}

test('the lock of a running job is seen on the box; when somebody takes it away, the job stops and names them', async () => {
  await using lab = await aLab({ BOX_LOCK_TTL_SECONDS: '2' })
  const box = await lab.addBox()
  const script = 'import time\nprint("up", flush=True)\ntime.sleep(600)'
  const id = await lab.submit({ script, graceSeconds: 1 })
  await eventually('it runs', async () => (await lab.lines(id).catch(() => [])).length > 0)
  const ours = new RegExp(`^stout:.*:${id}:1$`)
  await eventually('the lock is held by the job', async () => ours.test((await lockHolder(box)) ?? ''))
  expect(await post(box, '/lock', { user: 'eve' })).toBe(409)

  await eventually('eve has it', async () => {
    await post(box, '/unlock', { user: 'eve', force: true })
    return (await post(box, '/lock', { user: 'eve' })) === 200 // unless a heartbeat was faster
  })
  expect(await lab.until(id)).toMatchObject({
    ...{ state: 'failed', failureClass: 'script', signal: 'SIGTERM', error: 'The box lock was taken by eve.' },
  })
  expect(await lab.attempt(id)).toMatchObject({ endedBy: 'outside', closedBy: 'done' })

  const next = await lab.submit({ script: 'print(1)' })
  await eventually('the next job waits for eve', async () => {
    const rows = await lab.ctx.db.selectFrom('waitReasons').select('reasons').execute()
    return rows.some(({ reasons }) => reasons[0]?.code === 'box_locked_outside' && reasons[0].detail === 'eve')
  })
  expect(await lockHolder(box)).toBe('eve')
  expect(await post(box, '/unlock', { user: 'eve' })).toBe(200)
  expect(await lab.until(next)).toMatchObject({ state: 'completed' })
})
