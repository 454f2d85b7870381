import { expect, test } from 'vitest'
import { aBox, aJob } from '../../core/testing/fixtures'
import { ask } from '../testing/ask'
import { aMember, aServer } from '../testing/fixtures'

const SCRIPT = { script: 'print(1)' }

test('every answer carries a request id: the caller’s when it is well formed, and it reaches the event', async () => {
  await using s = await aServer()
  const { ctx, bearer } = await aMember(s.web)
  const made = await ask(s.url, '/jobs', { bearer, body: SCRIPT, headers: { 'x-request-id': 'ci-17' } })
  expect(made.headers.get('x-request-id')).toBe('ci-17')
  const event = await ctx.db.selectFrom('events').select('data').executeTakeFirstOrThrow()
  expect(event.data.requestId).toBe('ci-17')
  const odd = await ask(s.url, '/nowhere', { headers: { 'x-request-id': 'a b<script>' } })
  expect(odd.headers.get('x-request-id')).toMatch(/^req_[0-9a-f]{32}$/)
})

test('unknown paths are 404, other methods 405 with what is possible, all in JSON', async () => {
  await using s = await aServer()
  for (const path of ['', '/', '/nowhere', '/jobs/a/b/c', '/jobs/%E0%A4%A', '/jobs//logs']) {
    const answer = await ask(s.url, path)
    expect([path, answer.status >= 400 && answer.status < 500, typeof answer.json.code]).toEqual([path, true, 'string'])
  }
  const put = await ask(s.url, '/jobs', { method: 'PUT' })
  expect([put.status, put.json.code, put.headers.get('allow')]).toEqual([
    405,
    'method_not_allowed',
    'POST, GET, HEAD, OPTIONS',
  ])
  expect((await ask(s.url, '/jobs', { method: 'OPTIONS' })).status).toBe(204)
  const { bearer } = await aMember(s.web)
  expect((await ask(s.url, '/jobs', { method: 'HEAD', bearer })).status).toBe(200)
  expect((await ask(s.url, '/health')).json).toEqual({ status: 'ok' })
  expect((await ask(s.url, '/ready')).json).toEqual({ status: 'ready' })
})

test('boxes show what is on them, and nothing of their credentials', async () => {
  await using s = await aServer()
  const { ctx, bearer } = await aMember(s.web)
  await aBox(ctx, { name: 'bench-1', nets: [{ name: 'console', type: 'UART' }] })
  await aBox(ctx, { name: 'bench-2', labels: { dut: 'esp32' } })
  await s.db.updateTable('boxes').set({ tokenSealed: 'sealed' }).execute()
  const job = await aJob(ctx, { state: 'running' })
  const { json } = await ask(s.url, '/boxes', { bearer })
  expect(json.items.map((box: { name: string }) => box.name)).toEqual(['bench-1', 'bench-2'])
  expect(json.items.flatMap((box: { leases: unknown[] }) => box.leases)).toMatchObject([{ jobId: job.id, attempt: 1 }])
  expect(JSON.stringify(json)).not.toContain('sealed')
  const first = await ask(s.url, '/boxes?limit=1', { bearer })
  expect(first.json.nextCursor).toBe('bench-1')
  expect((await ask(s.url, '/boxes?limit=1&cursor=bench-1', { bearer })).json.items[0].name).toBe('bench-2')
})
