import { expect, test } from 'vitest'
import { testBox } from '../../box/runtime/testing/box'
import { beat } from '../../core/attempts/presence'
import { aBox, aJob } from '../../core/testing/fixtures'
import { ask } from '../testing/ask'
import { aBoxApi } from '../testing/box-api'
import { aMember, aServer } from '../testing/fixtures'

const NETS = [{ name: 'console', role: 'uart' }]
const aRuntime = () => testBox({ boxId: 'bench-9', version: '0.40.0', token: 'secret', nets: NETS })
const at = (pythonPort: number, more: object = {}) => ({ host: '127.0.0.1', pythonPort, token: 'secret', ...more })

test('a box is probed, added 201 with its place, read, changed, listed with its events, and removed', async () => {
  await using api = await aBoxApi()
  await using s = await aServer(undefined, api.url)
  await using box = await aRuntime()
  const { bearer, userId } = await aMember(s.web)
  const probe = await ask(s.url, '/boxes/probe', { bearer, body: at(box.pythonPort) })
  expect(probe).toMatchObject({ status: 200, json: { canSave: true, found: { lagerBoxId: 'bench-9' } } })
  expect(probe.json.checks.map(({ level }: { level: string }) => level)).toEqual(Array(6).fill('ok'))

  const body = at(box.pythonPort, { name: 'left bench', groups: ['lab'], labels: { dut: 'stm32' } })
  const made = await ask(s.url, '/boxes', { bearer, body })
  expect(made.status).toBe(201)
  const { id } = made.json
  expect(made.headers.get('location')).toBe(`/api/v1/boxes/${id}`)
  expect(made.json).toMatchObject({
    name: 'left bench',
    status: 'online',
    canCallBack: true,
    hasToken: true,
    draining: false,
  })
  expect(JSON.stringify(made.json)).not.toContain('secret')
  expect((await ask(s.url, `/boxes/${id}`, { bearer })).json).toEqual(made.json)

  const patch = { method: 'PATCH', bearer, body: { draining: true, labels: {} } }
  expect((await ask(s.url, `/boxes/${id}`, patch)).json).toMatchObject({ draining: true, labels: {}, groups: ['lab'] })
  const removed = await ask(s.url, `/boxes/${id}`, { method: 'DELETE', bearer })
  expect(removed).toMatchObject({ status: 200, json: { id, name: 'left bench', removedAt: expect.any(String) } })
  expect((await ask(s.url, '/boxes', { bearer })).json.items).toEqual([])
  expect((await ask(s.url, `/boxes/${id}`, { bearer })).json.removedAt).toBe(removed.json.removedAt)

  const newest = await ask(s.url, `/boxes/${id}/events?limit=2`, { bearer })
  const oldest = await ask(s.url, `/boxes/${id}/events?cursor=${newest.json.nextCursor}`, { bearer })
  const events = [...newest.json.items, ...oldest.json.items]
  expect(events.map(({ type }) => type)).toEqual(['box_removed', 'box_edited', 'box_added'])
  expect(events[0]).toMatchObject({ seq: 3, actor: expect.stringMatching(/^token:/), actorName: 'test' })
  expect(oldest.json.nextCursor).toBeNull()
  expect(userId).toMatch(/^user_/)
})

test('what keeps a box from being saved is named by status, reason and field', async () => {
  await using s = await aServer()
  await using box = await aRuntime()
  const { ctx, bearer } = await aMember(s.web)
  const add = (body: object) => ask(s.url, '/boxes', { bearer, body: { name: 'new', ...body } })
  const unreachable = await add(at(1))
  expect(unreachable).toMatchObject({
    ...{ status: 422, json: { code: 'invalid', detail: { reason: 'unreachable' }, issues: [{ path: 'host' }] } },
  })
  const denied = await add(at(box.pythonPort, { token: null }))
  expect(denied).toMatchObject({
    status: 422,
    json: { detail: { reason: 'unauthorised' }, issues: [{ path: 'token' }] },
  })
  const first = await add(at(box.pythonPort))
  expect(first).toMatchObject({ status: 201, json: { canCallBack: false } })
  const twice = await add(at(box.pythonPort, { name: 'again' }))
  expect(twice).toMatchObject({ status: 409, json: { code: 'conflict', detail: { reason: 'duplicate_address' } } })
  await s.db.updateTable('boxes').set({ canCallBack: true }).execute()
  const job = await aJob(ctx, { state: 'dispatching' })
  const leased = await ask(s.url, `/boxes/${first.json.id}`, { method: 'DELETE', bearer })
  expect(leased).toMatchObject({ status: 409, json: { detail: { reason: 'leased', jobId: job.id } } })
})

test('a box whose supervisor is out of contact is released with a reason; else the answer says what to do', async () => {
  await using s = await aServer()
  const { ctx, bearer } = await aMember(s.web)
  const member = await aMember(s.web, ctx, 'member')
  const boxId = await aBox(ctx, { name: 'bench-1' })
  const job = await aJob(ctx, { state: 'running', name: 'burn-in' })
  await beat(s.db)
  const release = (body: object, who = bearer) => ask(s.url, `/boxes/${boxId}/release`, { bearer: who, body })
  expect(await release({ reason: 'unplugged' })).toMatchObject({
    ...{ status: 409, json: { code: 'conflict', detail: { reason: 'working' } } },
  })
  expect(await release({ reason: 'unplugged' }, member.bearer)).toMatchObject({ status: 403 })
  for (const body of [
    {},
    { reason: ' ' },
    { reason: 'a\0b' },
    { reason: 'x'.repeat(201) },
    { reason: 'x', jobId: 1 },
  ]) {
    expect([body, (await release(body)).status]).toEqual([body, 400])
  }
  await s.db
    .updateTable('logHeads')
    .set({ lastHeardAt: new Date(Date.now() - 60_000) })
    .execute()
  await s.db
    .updateTable('boxApiPresence')
    .set({ listeningSinceAt: new Date(Date.now() - 60_000) })
    .execute()
  const held = await ask(s.url, `/boxes/${boxId}`, { bearer })
  expect(held.json.leases).toMatchObject([{ jobId: job.id, hold: 'out_of_contact', releasable: true }])
  expect(await release({ reason: 'unplugged', jobId: job.id })).toMatchObject({ status: 200, json: { leases: [] } })
  const { json } = await ask(s.url, `/boxes/${boxId}/events?limit=1`, { bearer })
  expect(json.items).toMatchObject([{ type: 'box_released', data: { jobName: 'burn-in', reason: 'unplugged' } }])
  expect((await ask(s.url, `/jobs/${job.id}`, { bearer })).json).toMatchObject({ failureClass: 'box_lost' })
})

test('addresses that must not be dialled, and other bad fields, are refused by name', async () => {
  await using s = await aServer()
  const { bearer } = await aMember(s.web)
  const cases: [object, string, RegExp][] = [
    [{ host: '169.254.169.254' }, 'host', /link-local address, where clouds keep their metadata/],
    [{ host: '::ffff:169.254.169.254' }, 'host', /link-local/],
    [{ host: '2852039166' }, 'host', /169\.254\.169\.254 is a link-local/],
    [{ host: 'fe80::1' }, 'host', /link-local/],
    [{ host: '0.0.0.0' }, 'host', /no address of a machine/],
    [{ host: '::' }, 'host', /no address of a machine/],
    [{ host: 'http://bench' }, 'host', /without scheme, port or path/],
    [{ host: 'bench:5000' }, 'host', /without scheme, port or path/],
    [{ host: '' }, 'host', /host name or an IP address/],
    [{ host: 'bench', pythonPort: 0 }, 'pythonPort', /at least 1/],
    [{ host: 'bench', pythonPort: '5000' }, 'pythonPort', /expected number/],
    [{ host: 'bench', httpPort: 65_536 }, 'httpPort', /at most 65535/],
    [{ host: 'bench', token: 'a\nb' }, 'token', /visible ASCII/],
    [{ host: 'bench', colour: 'red' }, 'colour', /not a known field/],
  ]
  for (const [body, path, message] of cases) {
    const answer = await ask(s.url, '/boxes/probe', { bearer, body })
    expect([body, answer.status, answer.json.issues]).toEqual([
      ...[body, 400],
      [{ path, message: expect.stringMatching(message) }],
    ])
  }
  const resolved = await ask(s.url, '/boxes/probe', { bearer, body: { host: 'localhost', pythonPort: 1 } })
  expect(resolved).toMatchObject({ status: 200, json: { canSave: false } })
  for (const [field, value] of Object.entries({ name: '', slots: 0, labels: { 'a b': 'c' }, groups: [''] })) {
    const answer = await ask(s.url, '/boxes', { bearer, body: { host: 'bench', name: 'x', [field]: value } })
    expect([field, answer.status]).toEqual([field, 400])
    expect(answer.json.issues[0].path).toMatch(new RegExp(`^${field}`))
  }
})

test('members and viewers look at boxes and change none; another organisation’s box does not exist', async () => {
  await using s = await aServer()
  const ada = await aMember(s.web)
  const id = await aBox(ada.ctx, { name: 'bench' })
  const eve = await aMember(s.web)
  const writes: [string, string, object?][] = [
    ['PATCH', `/boxes/${id}`, { draining: true }],
    ['DELETE', `/boxes/${id}`],
  ]
  for (const role of ['member', 'viewer'] as const) {
    const { bearer } = await aMember(s.web, ada.ctx, role)
    for (const [method, path, body] of [
      ...writes,
      ['POST', '/boxes', at(1, { name: 'x' })],
      ['POST', '/boxes/probe', at(1)],
    ] as const) {
      const answer = await ask(s.url, path, { method, bearer, ...(body && { body }) })
      expect([role, method, path, answer.status]).toEqual([role, method, path, 403])
    }
    for (const path of [`/boxes/${id}`, `/boxes/${id}/events`]) {
      expect((await ask(s.url, path, { bearer })).status).toBe(200)
    }
  }
  for (const [method, path, body] of [...writes, ['GET', `/boxes/${id}`], ['GET', `/boxes/${id}/events`]] as const) {
    for (const where of [path, path.replace(id, 'box_nothing'), path.replace(id, 'nonsense')]) {
      const answer = await ask(s.url, where, { method, bearer: eve.bearer, ...(body && { body }) })
      expect([method, where, answer.status, answer.json.code]).toEqual([method, where, 404, 'not_found'])
    }
  }
  expect((await ask(s.url, `/boxes/${id}`, { bearer: ada.bearer })).json).toMatchObject({
    draining: false,
    removedAt: null,
  })
})

test('jobs are listed by the box they ran on', async () => {
  await using s = await aServer()
  const { ctx, bearer } = await aMember(s.web)
  const id = await aBox(ctx)
  const job = await aJob(ctx, { state: 'running' })
  await aJob(ctx)
  const { json } = await ask(s.url, `/jobs?boxId=${id}`, { bearer })
  expect(json.items.map((item: { id: string }) => item.id)).toEqual([job.id])
  expect((await ask(s.url, '/jobs?boxId=x', { bearer })).json.issues).toMatchObject([{ path: 'boxId' }])
})
