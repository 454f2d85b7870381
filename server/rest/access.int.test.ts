import { expect, test } from 'vitest'
import { aBox, aJob } from '../../core/testing/fixtures'
import { ask } from '../testing/ask'
import { aMember, aServer } from '../testing/fixtures'

const SCRIPT = { script: 'print(1)' }

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
