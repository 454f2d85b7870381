import { expect, test } from 'vitest'
import { aBox, aJob, aPass } from '../../core/testing/fixtures'
import { ask } from '../testing/ask'
import { aMember, aServer } from '../testing/fixtures'

test('a submitted job is answered 201 with its place, and can be read, listed and cancelled', async () => {
  await using s = await aServer()
  const { bearer } = await aMember(s.web)
  const body = { name: 'soak', script: 'print(1)', args: ['a'], labels: { team: 'rf' }, requires: ['net:UART'] }
  const made = await ask(s.url, '/jobs', { bearer, body })
  expect(made.status).toBe(201)
  const { id } = made.json
  expect(made.headers.get('location')).toBe(`/api/v1/jobs/${id}`)
  expect(made.json).toMatchObject({
    ...{ name: 'soak', state: 'queued', failureClass: null, exitCode: null, signal: null, error: null },
    ...{ target: { any: true }, requires: ['net:UART'], labels: { team: 'rf' }, boxId: null, attempt: 0 },
    ...{
      timeoutSeconds: 3600,
      startedAt: null,
      finishedAt: null,
      queueKey: 'any',
      lineCount: 0,
      submitterName: 'test',
    },
    url: `http://stout.test/jobs/${id}`,
  })
  expect((await ask(s.url, `/jobs/${id}`, { bearer })).json).toEqual(made.json)
  expect((await ask(s.url, '/jobs', { bearer })).json).toMatchObject({ items: [{ id }], nextCursor: null })
  const cancelled = await ask(s.url, `/jobs/${id}/cancel`, { bearer, method: 'POST' })
  expect([cancelled.status, cancelled.json.state]).toEqual([200, 'cancelled'])
  expect((await ask(s.url, `/jobs/${id}/cancel`, { bearer, body: { reason: 'again' } })).status).toBe(200)
  const events = await ask(s.url, `/jobs/${id}/events`, { bearer })
  expect(events.json.items.map((event: { type: string }) => event.type)).toEqual(['submitted', 'cancel'])
  expect(events.json.items[0]).toMatchObject({ seq: 1, actorName: 'test', state: 'queued' })
})

test('cancelling a job that has ended otherwise is a conflict', async () => {
  await using s = await aServer()
  const { ctx, bearer } = await aMember(s.web)
  await aBox(ctx)
  const { id } = await aJob(ctx, { state: 'completed' })
  const answer = await ask(s.url, `/jobs/${id}/cancel`, { bearer, method: 'POST' })
  expect([answer.status, answer.json.code]).toEqual([409, 'conflict'])
})

test('a waiting job says why, computed when it is asked for; lists say what the last pass wrote', async () => {
  await using s = await aServer()
  const { ctx, bearer } = await aMember(s.web)
  await aBox(ctx, { name: 'bench', labels: { dut: 'stm32' } })
  const { id } = await aJob(ctx, { requires: ['dut=nrf52840'] })
  const reasons = [{ code: 'label_mismatch', detail: 'dut=nrf52840', boxes: ['bench'] }]
  expect((await ask(s.url, `/jobs/${id}`, { bearer })).json.waitReasons).toEqual(reasons)
  expect((await ask(s.url, '/jobs', { bearer })).json.items[0].waitReasons).toEqual([])
  await aPass(ctx)
  expect((await ask(s.url, '/jobs', { bearer })).json.items[0].waitReasons).toEqual(reasons)
})

test('jobs are searched by what the query says', async () => {
  await using s = await aServer()
  const { ctx, bearer } = await aMember(s.web)
  const rf = await aJob(ctx, { name: 'Power soak', labels: { suite: 'rf', team: 'a' } })
  await aJob(ctx, { name: 'Power soak', labels: { suite: 'dc' } })
  const query = 'text=power+SOAK&label=suite%3Drf&label=team&state=queued&createdAfter=2026-01-01T00:00:00%2B01:00'
  const answer = await ask(s.url, `/jobs?${query}&submittedBy=user:ada`, { bearer })
  expect(answer.json).toMatchObject({ items: [{ id: rf.id }], nextCursor: null })
  expect((await ask(s.url, `/jobs?${query}&submittedBy=token:tok_1`, { bearer })).json.items).toEqual([])
})

test('lists come in pages by id, newest first, and by state', async () => {
  await using s = await aServer()
  const { ctx, bearer } = await aMember(s.web)
  const ids: string[] = []
  for (let i = 0; i < 5; i++) ids.push((await aJob(ctx)).id)
  ids.sort().reverse()
  const first = await ask(s.url, '/jobs?limit=3', { bearer })
  const second = await ask(s.url, `/jobs?limit=3&cursor=${first.json.nextCursor}`, { bearer })
  const seen = [...first.json.items, ...second.json.items].map((job: { id: string }) => job.id)
  expect(seen).toEqual(ids)
  expect(second.json.nextCursor).toBeNull()
  await ask(s.url, `/jobs/${ids[2]}/cancel`, { bearer, method: 'POST' })
  const some = await ask(s.url, '/jobs?state=cancelled&state=failed', { bearer })
  expect(some.json.items.map((job: { id: string }) => job.id)).toEqual([ids[2]])
  expect((await ask(s.url, '/jobs?state=queued', { bearer })).json.items).toHaveLength(4)
})
