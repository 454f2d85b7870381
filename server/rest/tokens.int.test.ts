import { expect, test } from 'vitest'
import { ask } from '../testing/ask'
import { aMember, aServer } from '../testing/fixtures'

test('a token is made, told once, used, listed without itself, and revoked for good', async () => {
  await using s = await aServer()
  const { bearer, userId } = await aMember(s.web)
  const made = await ask(s.url, '/tokens', { bearer, body: { name: ' CI of the radio team ', expiresInDays: 90 } })
  expect(made.status).toBe(201)
  const { token, id } = made.json
  expect(token).toMatch(/^stout_[\w-]{32}$/)
  expect(made.json).toMatchObject({
    name: 'CI of the radio team',
    user: { id: userId },
    lastUsedAt: null,
    revokedAt: null,
  })
  const days = (Date.parse(made.json.expiresAt) - Date.parse(made.json.createdAt)) / 86_400_000
  expect(days).toBeCloseTo(90, 2)

  const mine = `Bearer ${token}`
  const listed = await ask(s.url, '/tokens', { bearer: mine })
  expect(listed.json.items).toMatchObject([{ id, name: 'CI of the radio team', lastUsedAt: expect.any(String) }, {}])
  expect(JSON.stringify(listed.json)).not.toContain(token)

  const gone = await ask(s.url, `/tokens/${id}`, { bearer, method: 'DELETE' })
  expect(gone).toMatchObject({ status: 200, json: { id, revokedAt: expect.any(String) } })
  expect(await ask(s.url, `/tokens/${id}`, { bearer, method: 'DELETE' })).toMatchObject({ json: gone.json })
  expect(await ask(s.url, '/tokens', { bearer: mine })).toMatchObject({ status: 401 })
  expect((await ask(s.url, '/tokens', { bearer })).json.items.map((one: { id: string }) => one.id)).not.toContain(id)

  const events = await s.db.selectFrom('events').select(['type', 'data']).where('subject', 'like', 'org_%').execute()
  expect(events).toMatchObject([
    { type: 'token_created', data: { tokenId: id, name: 'CI of the radio team', requestId: expect.any(String) } },
    { type: 'token_revoked', data: { tokenId: id } },
  ])
  expect(JSON.stringify(events)).not.toContain(token)
})

test('everybody sees and revokes their own tokens, owners and admins those of their organisation, nobody those of another', async () => {
  await using s = await aServer()
  const owner = await aMember(s.web)
  const viewer = await aMember(s.web, owner.ctx, 'viewer')
  const stranger = await aMember(s.web)
  const seenBy = async (bearer: string) =>
    (await ask(s.url, '/tokens', { bearer })).json.items.map((one: { id: string }) => one.id).sort()
  expect(await seenBy(owner.bearer)).toEqual([owner.tokenId, viewer.tokenId].sort())
  expect(await seenBy(viewer.bearer)).toEqual([viewer.tokenId])
  expect(await seenBy(stranger.bearer)).toEqual([stranger.tokenId])
  const revoke = (bearer: string, id: string) => ask(s.url, `/tokens/${id}`, { bearer, method: 'DELETE' })
  expect(await revoke(viewer.bearer, owner.tokenId)).toMatchObject({ status: 404, json: { code: 'not_found' } })
  expect(await revoke(stranger.bearer, viewer.tokenId)).toMatchObject({ status: 404 })
  expect(await revoke(owner.bearer, viewer.tokenId)).toMatchObject({ status: 200 })
  expect(await seenBy(owner.bearer)).toEqual([owner.tokenId])
})

test('a token that expires makes none that outlives it; whoever is signed in may', async () => {
  await using s = await aServer()
  const { bearer, cookie } = await aMember(s.web)
  const make = (body: object, as: object) => ask(s.url, '/tokens', { ...as, body: { name: 'x', ...body } })
  const short = `Bearer ${(await make({ expiresInDays: 2 }, { bearer })).json.token}`
  for (const expiresInDays of [null, 3])
    expect(await make({ expiresInDays }, { bearer: short })).toMatchObject({
      ...{ status: 422, json: { code: 'invalid', issues: [{ path: 'expiresInDays' }] } },
    })
  expect((await make({ expiresInDays: 1 }, { bearer: short })).status).toBe(201)
  const signedIn = { headers: { cookie, 'sec-fetch-site': 'same-origin' } }
  expect((await make({}, signedIn)).json).toMatchObject({ expiresAt: null })
})

test.each([
  [{}, 'name'],
  [{ name: '  ' }, 'name'],
  [{ name: 'x'.repeat(101) }, 'name'],
  [{ name: 'a\u0000b' }, 'name'],
  [{ name: 'x', expiresInDays: 0 }, 'expiresInDays'],
  [{ name: 'x', expiresInDays: 1.5 }, 'expiresInDays'],
  [{ name: 'x', expiresInDays: '30' }, 'expiresInDays'],
  [{ name: 'x', scope: 'all' }, 'scope'],
])('%j is refused, naming %s', async (body, field) => {
  await using s = await aServer()
  const { bearer } = await aMember(s.web)
  const answer = await ask(s.url, '/tokens', { bearer, body })
  expect(answer).toMatchObject({ status: 400, json: { issues: [{ path: field }] } })
})
