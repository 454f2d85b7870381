import { zipSync } from 'fflate'
import { encode } from 'next-auth/jwt'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cookieNames, cookieSecret } from '../../core/access/session-cookie'
import { createSession } from '../../core/access/sessions'
import { createGroup } from '../../core/groups/change-group'
import { aBox, aJob } from '../../core/testing/fixtures'
import { upload } from '../../core/testing/uploads'
import { aMember, aServer, type Member } from '../testing/fixtures'
import { upload as sendBytes } from '../testing/upload'
import { appRouter } from '../trpc/router'
import { openApiDocument } from './openapi'

/**
 * Every operation of the API, as somebody calls it who may. The list is compared with the document, which is made of the routers:
 * a new operation without a row fails.
 * `stranger`: what a member of another organisation gets. 404: the thing does not exist for them; 200 and 201: it is about their own.
 */
const ROWS: Record<string, { body?: unknown; stranger: number; type?: string; query?: string }> = {
  'GET /jobs': { stranger: 200 },
  'POST /jobs': { body: { script: 'print(1)' }, stranger: 201 },
  'GET /jobs/{jobId}': { stranger: 404 },
  'PATCH /jobs/{jobId}': { body: { timeoutSeconds: 60 }, stranger: 404 },
  'POST /jobs/{jobId}/cancel': { body: {}, stranger: 404 },
  'POST /jobs/{jobId}/rerun': { body: {}, stranger: 404 },
  'GET /jobs/{jobId}/submission': { stranger: 404 },
  'GET /jobs/{jobId}/events': { stranger: 404 },
  'GET /jobs/{jobId}/attempts': { stranger: 404 },
  'GET /jobs/{jobId}/logs': { stranger: 404 },
  'GET /jobs/{jobId}/logs/find': { query: '?text=owner', stranger: 404 },
  'GET /jobs/{jobId}/output': { stranger: 404 },
  'GET /jobs/{jobId}/logs/raw': { stranger: 404 },
  'GET /jobs/{jobId}/logs/stream': { stranger: 404 },
  'GET /jobs/{jobId}/artifacts': { stranger: 404 },
  'GET /jobs/{jobId}/artifacts.zip': { stranger: 404 },
  'GET /jobs/{jobId}/artifacts/{artifactId}': { stranger: 404 },
  'POST /bundles': { body: 'no zip', type: 'application/zip', stranger: 422 },
  'GET /bundles/{sha256}': { stranger: 404 },
  'GET /boxes': { stranger: 200 },
  'POST /boxes': { body: { name: 'new', host: '127.0.0.1', pythonPort: 1 }, stranger: 422 },
  'POST /boxes/probe': { body: { host: '127.0.0.1', pythonPort: 1 }, stranger: 200 },
  'GET /boxes/{boxId}': { stranger: 404 },
  'PATCH /boxes/{boxId}': { body: { draining: true }, stranger: 404 },
  'DELETE /boxes/{boxId}': { stranger: 404 },
  'POST /boxes/{boxId}/release': { body: { reason: 'x' }, stranger: 404 },
  'GET /boxes/{boxId}/events': { stranger: 404 },
  'GET /groups': { stranger: 200 },
  'POST /groups': { body: { name: 'new' }, stranger: 201 },
  'GET /groups/{groupId}': { stranger: 404 },
  'PATCH /groups/{groupId}': { body: { name: 'other' }, stranger: 404 },
  'DELETE /groups/{groupId}': { stranger: 404 },
  'GET /tokens': { stranger: 200 },
  'POST /tokens': { body: { name: 'new' }, stranger: 201 },
  'DELETE /tokens/{tokenId}': { stranger: 404 },
  'GET /retention': { stranger: 200 },
  'PATCH /retention': { body: { logsDays: 30 }, stranger: 200 },
}
/** What anybody may ask; they tell nothing of anybody. */
const OPEN = ['GET /health', 'GET /openapi.json', 'GET /ready']
/** Answered by the worker; worker/sockets/log-sockets.int.test.ts tries who gets in there. */
const AT_THE_WORKER = ['GET /jobs/{jobId}/logs/ws']

let s: Awaited<ReturnType<typeof aServer>>
let owner: Member
let stranger: Member
let params: Record<string, string>

beforeAll(async () => {
  s = await aServer()
  owner = await aMember(s.web)
  stranger = await aMember(s.web)
  const boxId = await aBox(owner.ctx, { name: 'bench' })
  const job = await aJob(owner.ctx, { state: 'uploading_artifacts' })
  const artifactId = await upload(s.web, { jobId: job.id, attempt: 1 }, 'secret.txt', 'of the owner')
  const group = await createGroup(owner.ctx, { name: 'radio', boxes: ['bench'] })
  const zip = zipSync({ 'main.py': new TextEncoder().encode('print("of the owner")') })
  const bundle = await sendBytes(s.url, '/bundles', Buffer.from(zip), { bearer: owner.bearer })
  const { sha256 } = bundle.json
  params = { jobId: job.id, artifactId, boxId, groupId: group.id, tokenId: owner.tokenId, sha256 }
})
afterAll(async () => await s[Symbol.asyncDispose]())

/** The status of a request with these headers, and everything that was answered. */
async function ask(operation: string, headers: Record<string, string>) {
  const [method = '', template = ''] = operation.split(' ')
  const row = ROWS[operation]
  const path = template.replace(/\{(\w+)\}/g, (_, name) => params[name] ?? 'nothing')
  const given = row?.body === undefined ? {} : { body: row.type ? String(row.body) : JSON.stringify(row.body) }
  const leaving = new AbortController()
  const response = await fetch(`${s.url}/api/v1${path}${row?.query ?? ''}`, {
    ...{ method, redirect: 'manual', signal: leaving.signal, ...given },
    headers: { 'content-type': row?.type ?? 'application/json', ...headers },
  })
  if (response.headers.get('content-type')?.startsWith('text/event-stream')) {
    leaving.abort() // it stays open
    return { status: response.status, text: '' }
  }
  return { status: response.status, text: await response.text() }
}

test('every operation of the document has a row', () => {
  const all = Object.entries(openApiDocument().paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  )
  expect([...Object.keys(ROWS), ...OPEN, ...AT_THE_WORKER].sort()).toEqual(all.sort())
})

describe.each(Object.entries(ROWS))('%s', (operation, row) => {
  test('nobody, a token that was revoked or never was, and a session that was revoked or expired get 401', async () => {
    await s.db.deleteFrom('rateLimits').execute() // else they would be too many guesses, over all rows
    const gone = await aMember(s.web, owner.ctx)
    await s.db.updateTable('apiTokens').set({ revokedAt: new Date() }).where('id', '=', gone.tokenId).execute()
    await s.db.updateTable('sessions').set({ revokedAt: new Date() }).where('id', '=', gone.sessionId).execute()
    const expired = await createSession(s.db, { userId: owner.userId, orgId: owner.ctx.orgId, userAgent: '' })
    await s.db.updateTable('sessions').set({ expiresAt: new Date() }).where('id', '=', expired).execute()
    const jwt = await encode({ token: { sub: expired }, secret: cookieSecret(s.web) })
    const ours = { 'sec-fetch-site': 'same-origin' }
    const cases: Record<string, string>[] = [
      {},
      { authorization: gone.bearer },
      { authorization: `Bearer stout_${'x'.repeat(32)}` },
      { cookie: gone.cookie, ...ours },
      { cookie: `${cookieNames(s.web).session}=${jwt}`, ...ours },
      { cookie: owner.cookie.replace(/.{8}$/, 'AAAAAAAA'), ...ours },
    ]
    for (const headers of cases)
      expect(await ask(operation, headers), JSON.stringify(headers)).toMatchObject({ status: 401 })
  })

  test('somebody of another organisation finds nothing of this one', async () => {
    const { status, text } = await ask(operation, { authorization: stranger.bearer })
    expect(status, text).toBe(row.stranger)
    const told = Object.values(params).filter((id) => !operation.includes('{') && text.includes(id))
    expect(told).toEqual([])
    expect(text).not.toContain('of the owner')
  })

  test('a cookie that comes along from another site changes nothing', async () => {
    const { status } = await ask(operation, { cookie: owner.cookie, origin: 'https://elsewhere.test' })
    if (operation.startsWith('GET')) expect([200, 302]).toContain(status)
    else expect(status).toBe(403)
  })
})

test.each(OPEN)('%s is for everybody', async (operation) => {
  expect(await ask(operation, {})).toMatchObject({ status: 200 })
})

test('no procedure answers by tRPC without a session or token', async () => {
  const procedures = appRouter._def.procedures as unknown as Record<string, { _def: { type: string } }>
  expect(Object.keys(procedures).length).toBeGreaterThan(Object.keys(ROWS).length / 2)
  for (const [name, { _def }] of Object.entries(procedures)) {
    const response = await fetch(`${s.url}/api/trpc/${name}`, {
      ...(_def.type === 'mutation' && { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } }),
    })
    expect(response.status, name).toBe(401)
  }
})
