import { zipSync } from 'fflate'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { testBox } from '../../box/runtime/testing/box'
import { dropOldKeys } from '../../core/idempotency/once'
import { aBox, aJob, someoneWaitsForALock } from '../../core/testing/fixtures'
import { aMember, aServer, type Member } from '../testing/fixtures'
import { breakOff, FORM_TYPE, formOf } from '../testing/upload'

type Server = Awaited<ReturnType<typeof aServer>>
type Body = { type: string; bytes: Buffer }
type Asking = Pick<Member, 'bearer'>

const asJson = (value: object): Body => ({ type: 'application/json', bytes: Buffer.from(JSON.stringify(value)) })
const zip = Buffer.from(zipSync({ 'main.py': Buffer.from('print(1)') }, { mtime: new Date('2026-01-01') }))
const form = (name: string): Body => ({
  type: FORM_TYPE,
  bytes: formOf([
    { name: 'job', content: JSON.stringify({ name }), type: 'application/json' },
    { name: 'bundle', content: zip, fileName: 'x.zip', type: 'application/zip' },
  ]),
})

async function post(s: Server, path: string, { type, bytes }: Body, { bearer }: Asking, key?: string) {
  const headers = { authorization: bearer, 'content-type': type, ...(key !== undefined && { 'idempotency-key': key }) }
  const response = await fetch(`${s.url}/api/v1${path}`, { method: 'POST', headers, body: new Uint8Array(bytes) })
  const text = await response.text()
  const told = response.headers
  return {
    ...{ status: response.status, text, json: JSON.parse(text), retryAfter: told.get('retry-after') },
    ...{ location: told.get('location'), replayed: told.get('idempotency-replayed') },
  }
}

type Things = 'jobs' | 'groups' | 'apiTokens' | 'bundles' | 'boxes' | 'idempotencyKeys'
const count = async (s: Server, table: Things) =>
  (
    await s.db
      .selectFrom(table)
      .select((eb) => eb.fn.countAll<number>().as('n'))
      .executeTakeFirstOrThrow()
  ).n

/** Every way to make something, with two bodies. */
const CREATES: { what: Things; path: string; body: Body; other: Body }[] = [
  { what: 'jobs', path: '/jobs', body: asJson({ script: 'print(1)' }), other: asJson({ script: 'print(2)' }) },
  { what: 'jobs', path: '/jobs', body: form('a'), other: form('b') },
  { what: 'jobs', path: '/jobs/{jobId}/rerun', body: asJson({}), other: asJson({ timeoutSeconds: 5 }) },
  { what: 'groups', path: '/groups', body: asJson({ name: 'radio' }), other: asJson({ name: 'lab' }) },
  { what: 'apiTokens', path: '/tokens', body: asJson({ name: 'ci' }), other: asJson({ name: 'cd' }) },
  {
    ...{ what: 'bundles', path: '/bundles', body: { type: 'application/zip', bytes: zip } },
    other: { type: 'application/zip', bytes: Buffer.concat([zip, Buffer.from('x')]) },
  },
]

test.each(CREATES)('$what by POST $path: repeated with its key it is answered alike, and made once', async (create) => {
  await using s = await aServer()
  const member = await aMember(s.web)
  await aBox(member.ctx)
  const { id } = await aJob(member.ctx, { state: 'completed' })
  const path = create.path.replace('{jobId}', id)
  const before = await count(s, create.what)
  const first = await post(s, path, create.body, member, 'k-1')
  expect(first).toMatchObject({ status: 201, replayed: null, location: expect.stringContaining('/api/v1/') })
  const again = await post(s, path, create.body, member, 'k-1')
  expect(again).toEqual({ ...first, replayed: 'true' })
  expect(await count(s, create.what)).toBe(before + 1)

  const other = await post(s, path, create.other, member, 'k-1')
  expect(other).toMatchObject({
    ...{ status: 409, replayed: null },
    json: { code: 'conflict', detail: { reason: 'idempotency_key_reused', key: 'k-1' } },
  })
  expect(other.json.message).toContain('"k-1"')
  expect(await count(s, create.what)).toBe(before + 1)
  if (create.what === 'groups') return // the name is taken
  expect((await post(s, path, create.body, member, 'k-2')).status).toBeLessThan(202)
  expect(await count(s, create.what)).toBe(before + (create.what === 'bundles' ? 1 : 2))
})

test('a box that is added twice with one key is one box', async () => {
  await using s = await aServer()
  await using box = await testBox({ boxId: 'bench-9', version: '0.40.0' })
  const member = await aMember(s.web)
  const body = asJson({ name: 'bench-9', host: '127.0.0.1', pythonPort: box.pythonPort })
  const [one, two] = await Promise.all([post(s, '/boxes', body, member, 'k'), post(s, '/boxes', body, member, 'k')])
  expect([one.status, two.status]).toEqual([201, 201])
  expect([one.replayed, two.replayed].sort()).toEqual(['true', null].sort())
  expect(two.text).toBe(one.text)
  expect(await count(s, 'boxes')).toBe(1)
})

test('a request that comes while the first is under way waits for it and gets its answer', async () => {
  await using s = await aServer()
  const member = await aMember(s.web)
  const body = asJson({ name: 'radio' })
  const holder = await s.db.startTransaction().execute()
  await sql`select from orgs where id = ${member.ctx.orgId} for no key update`.execute(holder)
  const first = post(s, '/groups', body, member, 'k')
  await someoneWaitsForALock(s.db)
  const second = post(s, '/groups', body, member, 'k')
  await expect.poll(async () => (await waiting(s)).length).toBe(2)
  await holder.commit().execute()
  const answers = await Promise.all([first, second])
  expect(answers.map(({ status }) => status)).toEqual([201, 201])
  expect(answers.map(({ replayed }) => replayed)).toEqual([null, 'true'])
  expect(await count(s, 'groups')).toBe(1)
})

/** Sessions of the web process that wait for a lock. */
async function waiting(s: Server): Promise<{ pid: number }[]> {
  const { rows } = await sql<{ pid: number }>`
    select pid from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock' and application_name = 'stout-web'`.execute(s.db)
  return rows
}

test('a caller that went away before the answer asks again and gets it', async () => {
  await using s = await aServer()
  const member = await aMember(s.web)
  const { bytes, type } = asJson({ name: 'radio' })
  const holder = await s.db.startTransaction().execute()
  await sql`select from orgs where id = ${member.ctx.orgId} for no key update`.execute(holder)
  const head = { authorization: member.bearer, 'content-type': type, 'content-length': String(bytes.length) }
  await breakOff(s.url, '/groups', { ...head, 'idempotency-key': 'k' }, bytes, () => someoneWaitsForALock(s.db))
  await holder.commit().execute()
  await expect.poll(() => count(s, 'groups')).toBe(1)
  const again = await post(s, '/groups', { type, bytes }, member, 'k')
  expect(again).toMatchObject({ status: 201, replayed: 'true', json: { name: 'radio' } })
})

test('a connection that is lost in the middle leaves neither thing nor key: the next one makes it, once', async () => {
  await using s = await aServer()
  const member = await aMember(s.web)
  const body = asJson({ name: 'radio' })
  const holder = await s.db.startTransaction().execute()
  await sql`select from orgs where id = ${member.ctx.orgId} for no key update`.execute(holder)
  const first = post(s, '/groups', body, member, 'k')
  await someoneWaitsForALock(s.db)
  for (const { pid } of await waiting(s)) await sql`select pg_terminate_backend(${pid})`.execute(s.db)
  expect(await first).toMatchObject({ status: 503, retryAfter: '2' })
  await holder.commit().execute()
  expect([await count(s, 'groups'), await count(s, 'idempotencyKeys')]).toEqual([0, 0])
  expect(await post(s, '/groups', body, member, 'k')).toMatchObject({ status: 201, replayed: null })
  expect(await count(s, 'groups')).toBe(1)
})

test('an error leaves the key free, also for another body', async () => {
  await using s = await aServer()
  const member = await aMember(s.web)
  const refused = await post(s, '/groups', asJson({ name: 'radio', boxes: ['no'] }), member, 'k')
  expect(refused.status).toBe(422)
  expect(await post(s, '/groups', asJson({ name: 'radio' }), member, 'k')).toMatchObject({ status: 201 })
})

test('a key belongs to a caller: others have their own, and one is for one operation', async () => {
  await using s = await aServer()
  const member = await aMember(s.web)
  const [colleague, stranger] = [await aMember(s.web, member.ctx), await aMember(s.web)]
  const body = asJson({ name: 'ci' })
  const made = await Promise.all([member, colleague, stranger].map((one) => post(s, '/tokens', body, one, 'k')))
  expect(made.map(({ status, replayed }) => [status, replayed])).toEqual(Array(3).fill([201, null]))
  expect(new Set(made.map(({ json }) => json.token)).size).toBe(3)
  expect(await post(s, '/groups', body, member, 'k')).toMatchObject({ status: 409 })
})

test.each(['', 'a b', 'x'.repeat(256)])('%j is no key', async (key) => {
  await using s = await aServer()
  const answer = await post(s, '/tokens', asJson({ name: 'ci' }), await aMember(s.web), key)
  expect(answer).toMatchObject({ status: 400, json: { issues: [{ path: 'Idempotency-Key' }] } })
  expect(await count(s, 'apiTokens')).toBe(1)
})

test('the token of a repeated answer stands nowhere in the database, and an answer opens in its own row alone', async () => {
  await using s = await aServer()
  const member = await aMember(s.web)
  const { json } = await post(s, '/tokens', asJson({ name: 'ci' }), member, 'k')
  expect((await post(s, '/tokens', asJson({ name: 'ci' }), member, 'k')).json.token).toBe(json.token)
  const { rows } = await sql<{ text: string }>`select (k.*)::text as text from idempotency_keys k`.execute(s.db)
  expect(rows).toHaveLength(1)
  expect(rows[0]?.text).not.toContain(json.token.slice('stout_'.length))
  const base64 = Buffer.from(json.token).toString('base64url').slice(4, -4)
  expect(rows[0]?.text).not.toContain(base64)

  const stranger = await aMember(s.web)
  await post(s, '/tokens', asJson({ name: 'ci' }), stranger, 'k')
  await sql`update idempotency_keys set answer = (select answer from idempotency_keys where caller = ${`token:${member.tokenId}`})`.execute(
    s.db,
  )
  expect((await post(s, '/tokens', asJson({ name: 'ci' }), stranger, 'k')).status).toBe(500)
})

test('keys are forgotten after a day, and not before', async () => {
  await using s = await aServer()
  const member = await aMember(s.web)
  for (const key of ['old', 'young']) await post(s, '/tokens', asJson({ name: key }), member, key)
  const aged = (key: string, hours: number) =>
    sql`update idempotency_keys set created_at = now() - ${hours} * interval '1 hour' where key = ${key}`.execute(s.db)
  await aged('old', 24.1)
  await aged('young', 23.9)
  expect(await dropOldKeys(s)).toBe(1)
  expect(await post(s, '/tokens', asJson({ name: 'young' }), member, 'young')).toMatchObject({ replayed: 'true' })
  expect(await post(s, '/tokens', asJson({ name: 'old' }), member, 'old')).toMatchObject({
    status: 201,
    replayed: null,
  })
})
