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

const SCRIPT = { script: 'print(1)' }
const BAD_SUBMISSIONS: [string, unknown, number, string][] = [
  ['an unknown field', { ...SCRIPT, colour: 'red' }, 400, 'colour'],
  ['a field of the target', { ...SCRIPT, target: { box: 'a', any: true } }, 400, 'target'],
  ['no script', { name: 'x' }, 400, 'script'],
  ['a script that is a number', { script: 5 }, 400, 'script'],
  ['a script that is null', { script: null }, 400, 'script'],
  ['an empty script', { script: '' }, 400, 'script'],
  ['a script with NUL', { script: 'print("\0")' }, 400, 'script'],
  ['a timeout as text', { ...SCRIPT, timeoutSeconds: '60' }, 400, 'timeoutSeconds'],
  ['a timeout of true', { ...SCRIPT, timeoutSeconds: true }, 400, 'timeoutSeconds'],
  ['a timeout of 0', { ...SCRIPT, timeoutSeconds: 0 }, 400, 'timeoutSeconds'],
  ['a timeout of -1', { ...SCRIPT, timeoutSeconds: -1 }, 400, 'timeoutSeconds'],
  ['a timeout of 10⁹', { ...SCRIPT, timeoutSeconds: 1e9 }, 400, 'timeoutSeconds'],
  ['a timeout of 1.5', { ...SCRIPT, timeoutSeconds: 1.5 }, 400, 'timeoutSeconds'],
  ['a queue limit of 10⁹', { ...SCRIPT, queueTimeoutSeconds: 1e9 }, 400, 'queueTimeoutSeconds'],
  ['a grace of 61', { ...SCRIPT, graceSeconds: 61 }, 400, 'graceSeconds'],
  ['a name of 10 000 characters', { ...SCRIPT, name: 'x'.repeat(10_000) }, 400, 'name'],
  ['a lone surrogate', { ...SCRIPT, name: '\ud800' }, 400, 'name'],
  ['an env key with =', { ...SCRIPT, env: { 'A=B': 'c' } }, 400, 'env.A=B'],
  ['a reserved env key', { ...SCRIPT, env: { STOUT_JOB_ID: 'x' } }, 400, 'env.STOUT_JOB_ID'],
  ['an env of 70 000 bytes', { ...SCRIPT, env: { A: 'x'.repeat(70_000) } }, 400, 'env'],
  ['a requirement that says nothing', { ...SCRIPT, requires: ['what'] }, 400, 'requires.0'],
  ['args that are no list', { ...SCRIPT, args: 'a b' }, 400, 'args'],
  ['a script over 1 MB', { script: `#${'x'.repeat(1_000_000)}` }, 413, 'script'],
  ['a body over 2 MB', { script: `#${'x'.repeat(2_000_000)}` }, 413, ''],
  ['script and bundle', { ...SCRIPT, bundle: '0'.repeat(64) }, 400, 'script'],
  ['a bundle that is no hash', { bundle: 'x' }, 400, 'bundle'],
  ['an entry that leads out', { bundle: '0'.repeat(64), entry: '../main.py' }, 400, 'entry'],
  ['an entry beside a script', { ...SCRIPT, entry: 'run.py' }, 400, 'entry'],
  ['a pattern that leads out', { ...SCRIPT, artifacts: { globs: ['/etc/*'] } }, 400, 'artifacts.globs.0'],
  ['a bundle that nobody uploaded', { bundle: '0'.repeat(64) }, 422, 'bundle'],
  ['an unknown box', { ...SCRIPT, target: { box: 'nowhere' } }, 422, 'target.box'],
  ['an unknown group', { ...SCRIPT, target: { group: 'nobody' } }, 422, 'target.group'],
  ['a list', [1], 400, ''],
  ['text that is no JSON', '{"script":', 400, ''],
  ['nothing', '', 400, 'script'],
]

test('a bad submission names its field and makes no job', async () => {
  await using s = await aServer()
  const { bearer } = await aMember(s.web)
  for (const [what, body, status, path] of BAD_SUBMISSIONS) {
    const answer = await ask(s.url, '/jobs', { bearer, body })
    expect([what, answer.status, answer.json.code]).toEqual([
      what,
      status,
      { 400: 'bad_request', 413: 'too_large', 422: 'invalid' }[status],
    ])
    expect(answer.json.message, what).not.toBe('')
    const paths = (answer.json.issues ?? []).map((issue: { path: string }) => issue.path)
    expect(paths, what).toEqual(path ? [path] : [])
  }
  const limits = await ask(s.url, '/jobs', { bearer, body: { ...SCRIPT, timeoutSeconds: 1e9, name: '' } })
  expect(limits.json.issues).toEqual([
    { path: 'name', message: 'must not be empty' },
    { path: 'timeoutSeconds', message: 'must be at most 604800 s' },
  ])
  expect(await s.db.selectFrom('jobs').selectAll().execute()).toEqual([])
})

test('a body of unknown length is cut off at the limit, and a declared one is not read', async () => {
  await using s = await aServer()
  const { bearer } = await aMember(s.web)
  let pulled = 0
  const endless = new ReadableStream({
    pull(controller) {
      pulled += 64_000
      if (pulled < 50_000_000) controller.enqueue(Buffer.alloc(64_000, ' '))
      else controller.close()
    },
  })
  const headers = { authorization: bearer, 'content-type': 'application/json' }
  const response = await fetch(`${s.url}/api/v1/jobs`, {
    method: 'POST',
    headers,
    body: endless,
    duplex: 'half',
  } as object)
  expect(response.status).toBe(413)
  expect(pulled).toBeLessThan(50_000_000)
})

test('other types than JSON are refused, also compressed JSON', async () => {
  await using s = await aServer()
  const { bearer } = await aMember(s.web)
  for (const type of ['text/plain', 'multipart/mixed; boundary=x', 'application/x-www-form-urlencoded']) {
    const answer = await ask(s.url, '/jobs', { bearer, body: '{}', headers: { 'content-type': type } })
    expect([answer.status, answer.json.code]).toEqual([415, 'unsupported'])
  }
  const packed = await ask(s.url, '/jobs', { bearer, body: '{}', headers: { 'content-encoding': 'gzip' } })
  expect(packed.status).toBe(415)
  const charset = { 'content-type': 'application/json; charset=utf-8' }
  expect((await ask(s.url, '/jobs', { bearer, body: SCRIPT, headers: charset })).status).toBe(201)
})

test('bad queries name their parameter', async () => {
  await using s = await aServer()
  const { ctx, bearer } = await aMember(s.web)
  const { id } = await aJob(ctx)
  const cases: [string, string][] = [
    ['/jobs?colour=red', 'colour'],
    ['/jobs?limit=0', 'limit'],
    ['/jobs?limit=201', 'limit'],
    ['/jobs?limit=many', 'limit'],
    ['/jobs?limit=1&limit=2', 'limit'],
    ['/jobs?cursor=x', 'cursor'],
    ['/jobs?state=dreaming', 'state.0'],
    ['/jobs?text=', 'text'],
    ['/jobs?text=a&text=b', 'text'],
    ['/jobs?text=a%00b', 'text'],
    ['/jobs?text=a+b+c+d+e+f+g+h+i+j+k', 'text'],
    ['/jobs?submittedBy=ada', 'submittedBy'],
    ['/jobs?boxId=bench', 'boxId'],
    ['/jobs?group=', 'group'],
    ['/jobs?label=a&label=', 'label.1'],
    ['/jobs?createdAfter=yesterday', 'createdAfter'],
    ['/jobs?createdAfter=2026-02-01T00:00:00Z&createdBefore=2026-01-01T00:00:00Z', 'createdBefore'],
    [`/jobs/${id}?x=1`, 'x'],
    [`/jobs/${id}/logs?from=-1`, 'from'],
    [`/jobs/${id}/logs?from=99999999999`, 'from'],
    [`/jobs/${id}/logs?limit=1001`, 'limit'],
    [`/jobs/${id}/logs/stream?follow=yes`, 'follow'],
    [`/jobs/${id}/logs/stream?lastEventId=1.x`, 'lastEventId'],
    [`/jobs/${id}/logs?from=`, 'from'],
    [`/jobs/${id}/logs?from=0x10`, 'from'],
    [`/jobs/${id}/logs/stream?attempt=1e0`, 'attempt'],
    [`/jobs/${id}/events?cursor=`, 'cursor'],
    [`/jobs/${id}/logs/stream?lastEventId=1.7`, 'Last-Event-ID'],
    [`/jobs/${id}/logs/raw?stream=stdin`, 'stream'],
    ['/boxes?cursor=%00', 'cursor'],
  ]
  for (const [path, field] of cases) {
    const answer = await ask(s.url, path, { bearer })
    expect([path, answer.status, answer.json.code]).toEqual([path, 400, 'bad_request'])
    expect(answer.json.issues?.map((issue: { path: string }) => issue.path)).toEqual([field])
  }
  const twice = await ask(s.url, `/jobs/${id}/cancel`, { bearer, body: { jobId: id } })
  expect([twice.status, twice.json.issues]).toEqual([400, [{ path: 'jobId', message: 'is not a known field' }]])
})

/** Every route that needs a caller. */
const routesOf = (id: string): [string, string][] => [
  ['POST', '/jobs'],
  ['GET', '/jobs'],
  ['GET', `/jobs/${id}`],
  ['POST', `/jobs/${id}/cancel`],
  ['GET', `/jobs/${id}/events`],
  ['GET', `/jobs/${id}/logs`],
  ['GET', `/jobs/${id}/logs/stream`],
  ['GET', `/jobs/${id}/logs/raw`],
  ['GET', '/boxes'],
  ['POST', '/boxes'],
  ['POST', '/boxes/probe'],
  ['GET', '/boxes/box_1'],
  ['PATCH', '/boxes/box_1'],
  ['DELETE', '/boxes/box_1'],
  ['GET', '/boxes/box_1/events'],
]

test('without a good token every route answers 401, and says nothing of what exists', async () => {
  await using s = await aServer()
  const { ctx, bearer, tokenId } = await aMember(s.web)
  const { id } = await aJob(ctx)
  await s.db.updateTable('apiTokens').set({ revokedAt: new Date() }).where('id', '=', tokenId).execute()
  const expired = await aMember(s.web)
  await s.db
    .updateTable('apiTokens')
    .set({ expiresAt: new Date(1) })
    .where('id', '=', expired.tokenId)
    .execute()
  const left = await aMember(s.web)
  await s.db.deleteFrom('memberships').where('userId', '=', left.userId).execute()
  const wrong = ['Bearer stout_wrong', 'Bearer', 'Basic YTpi', `${bearer}x`, bearer, expired.bearer, left.bearer]
  for (const [method, path] of routesOf(id)) {
    await s.db.deleteFrom('rateLimits').execute() // so many wrong tokens would be held up
    for (const authorization of [undefined, ...wrong]) {
      const headers = authorization ? { authorization } : {}
      const answer = await ask(s.url, path, { method, headers, ...(method === 'POST' && { body: SCRIPT }) })
      expect([path, authorization, answer.status, answer.json.code]).toEqual([
        path,
        authorization,
        401,
        'unauthenticated',
      ])
    }
  }
})

test('a wrong token is no way to fall back to the cookie', async () => {
  await using s = await aServer()
  const { cookie } = await aMember(s.web)
  expect((await ask(s.url, '/jobs', { headers: { cookie } })).status).toBe(200)
  expect((await ask(s.url, '/jobs', { bearer: 'Bearer stout_wrong', headers: { cookie } })).status).toBe(401)
})

test("another organisation's things do not exist", async () => {
  await using s = await aServer()
  const ada = await aMember(s.web)
  const eve = await aMember(s.web)
  await aBox(ada.ctx, { name: 'bench' })
  const { id } = await aJob(ada.ctx, { state: 'running' })
  for (const [method, path] of routesOf(id).filter(([, path]) => path.includes(id))) {
    for (const at of [path, path.replace(id, 'job_nothing'), path.replace(id, 'nonsense%00')]) {
      const answer = await ask(s.url, at, { method, bearer: eve.bearer })
      expect([at, answer.status, answer.json.code]).toEqual([at, 404, 'not_found'])
    }
  }
  expect((await ask(s.url, '/jobs', { bearer: eve.bearer })).json.items).toEqual([])
  expect((await ask(s.url, '/boxes', { bearer: eve.bearer })).json.items).toEqual([])
  const onBox = await ask(s.url, '/jobs', { bearer: eve.bearer, body: { ...SCRIPT, target: { box: 'bench' } } })
  expect(onBox.status).toBe(422)
  expect((await ask(s.url, `/jobs/${id}`, { bearer: ada.bearer })).json.state).toBe('running')
})

test('a viewer may look and not touch', async () => {
  await using s = await aServer()
  const { ctx } = await aMember(s.web)
  const { id } = await aJob(ctx)
  const { bearer } = await aMember(s.web, ctx, 'viewer')
  expect((await ask(s.url, `/jobs/${id}`, { bearer })).status).toBe(200)
  expect((await ask(s.url, '/jobs', { bearer, body: SCRIPT })).status).toBe(403)
  expect((await ask(s.url, `/jobs/${id}/cancel`, { bearer, method: 'POST' })).status).toBe(403)
})

test('a session cookie changes things only from our own pages, and never after it was revoked', async () => {
  await using s = await aServer()
  const { cookie, sessionId } = await aMember(s.web)
  const post = async (headers: Record<string, string>) =>
    (await ask(s.url, '/jobs', { body: SCRIPT, headers: { cookie, ...headers } })).status
  expect(await post({})).toBe(403)
  expect(await post({ origin: 'https://elsewhere.test' })).toBe(403)
  expect(await post({ origin: 'null' })).toBe(403)
  expect(await post({ origin: s.url })).toBe(201)
  expect(await post({ origin: 'http://stout.test' })).toBe(201)
  await s.db.updateTable('sessions').set({ revokedAt: new Date() }).where('id', '=', sessionId).execute()
  expect(await post({ origin: s.url })).toBe(401)
  expect((await ask(s.url, '/jobs', { headers: { cookie: `${cookie.slice(0, -3)}abc` } })).status).toBe(401)
})

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
