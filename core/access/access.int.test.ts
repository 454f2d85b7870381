import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { seed } from '../../db/seed'
import { testDb } from '../../db/testing/database'
import { admitPerson } from './admit-person'
import { findToken, hashToken, newToken } from './api-tokens'
import { deriveKeys } from './keys'
import { hashPassword, verifyPassword } from './passwords'
import { checkSession, createSession, revokeSession } from './sessions'
import { signIn } from './sign-in'

const keys = deriveKeys('a secret that is long enough for tests')
const box = (name: string, host: string, groups: string[] = []) => ({
  ...{ name, host, pythonPort: 5000, httpPort: 9000, tokenSealed: 'sealed', labels: { dut: name }, lagerBoxId: null },
  groups,
})

async function aSeed(password = 'correct horse', token = newToken()) {
  const owner = { email: 'Ada@Example.com', name: 'Ada', passwordHash: await hashPassword(password) }
  const boxes = [box('bench-1', '127.0.0.2', ['lab']), box('bench-2', '127.0.0.3', ['lab'])]
  return { orgName: 'Lab', owner, token: { name: 'demo', hash: hashToken(keys, token) }, boxes }
}

test('seeding again makes nothing twice, and takes over addresses, even exchanged ones, labels and the password', async () => {
  await using t = await testDb()
  const first = await seed(t.db, await aSeed())
  const again = await aSeed('another')
  const boxes = [{ ...box('bench-1', '127.0.0.3'), labels: { dut: 'new' } }, box('bench-2', '127.0.0.2')]
  expect(await seed(t.db, { ...again, boxes })).toEqual(first)
  const rows = await t.db.selectFrom('boxes').select(['name', 'host', 'labels']).orderBy('name').execute()
  expect(rows).toEqual([
    { name: 'bench-1', host: '127.0.0.3', labels: { dut: 'new' } },
    { name: 'bench-2', host: '127.0.0.2', labels: { dut: 'bench-2' } },
  ])
  for (const table of ['orgs', 'users', 'memberships', 'groups'] as const) {
    expect(await t.db.selectFrom(table).selectAll().execute(), table).toHaveLength(1)
  }
  expect(await t.db.selectFrom('groupBoxes').selectAll().execute()).toHaveLength(2)
  expect(await signIn(t.db, { email: 'ada@example.com', password: 'another', userAgent: '' })).toMatch(/^sess_/)
})

test('seeding knows a box that was renamed by who it is, and does not bring back one that was removed', async () => {
  await using t = await testDb()
  const first = await aSeed()
  const boxes = first.boxes.map((one) => ({ ...one, lagerBoxId: one.name }))
  await seed(t.db, { ...first, boxes })
  await t.db.updateTable('boxes').set({ name: 'left' }).where('name', '=', 'bench-1').execute()
  await t.db.updateTable('boxes').set({ removedAt: new Date() }).where('name', '=', 'bench-2').execute()
  expect(await seed(t.db, { ...first, boxes })).toMatchObject({ removed: ['bench-2'] })
  const rows = await t.db.selectFrom('boxes').select('name').where('removedAt', 'is', null).execute()
  expect(rows).toEqual([{ name: 'left' }])
})

test('a token leads to its holder with the role of today, until it is revoked or expires', async () => {
  await using t = await testDb()
  const token = newToken()
  const { orgId } = await seed(t.db, await aSeed('x', token))
  expect(await findToken(t.db, keys, token)).toMatchObject({ orgId, role: 'owner', name: 'demo' })
  await t.db.updateTable('memberships').set({ role: 'viewer' }).execute()
  expect(await findToken(t.db, keys, token)).toMatchObject({ role: 'viewer' })
  expect(await t.db.selectFrom('apiTokens').select('lastUsedAt').executeTakeFirst()).not.toEqual({ lastUsedAt: null })
  expect(await findToken(t.db, deriveKeys('another secret, also long enough for it'), token)).toBeUndefined()
  await t.db
    .updateTable('apiTokens')
    .set({ expiresAt: new Date(Date.now() - 1) })
    .execute()
  expect(await findToken(t.db, keys, token)).toBeUndefined()
  await t.db.updateTable('apiTokens').set({ expiresAt: null, revokedAt: new Date() }).execute()
  expect(await findToken(t.db, keys, token)).toBeUndefined()
})

test('signing in takes the right password of somebody who exists', async () => {
  await using t = await testDb()
  await seed(t.db, await aSeed('correct horse'))
  const attempt = (email: string, password: string) => signIn(t.db, { email, password, userAgent: 'test' })
  expect(await attempt('ADA@example.com ', 'correct horse')).toMatch(/^sess_/)
  expect(await attempt('ada@example.com', 'Correct horse')).toBeUndefined()
  expect(await attempt('eve@example.com', 'correct horse')).toBeUndefined()
  expect(await attempt('ada@example.com\0', 'correct horse')).toBeUndefined()
  expect(await attempt('ada@example.com', 'x'.repeat(1_000_000))).toBeUndefined()
})

test('a session ends when it is revoked, when it expires, and with the membership', async () => {
  await using t = await testDb()
  const { orgId } = await seed(t.db, await aSeed())
  const { id: userId } = await t.db.selectFrom('users').select('id').executeTakeFirstOrThrow()
  const begin = () => createSession(t.db, { userId, orgId, userAgent: 'test' })
  const [revoked, expired, kept] = [await begin(), await begin(), await begin()]
  expect(await checkSession(t.db, kept)).toMatchObject({ userId, orgId, role: 'owner' })
  await revokeSession(t.db, revoked)
  await t.db.updateTable('sessions').set({ expiresAt: new Date() }).where('id', '=', expired).execute()
  expect(await checkSession(t.db, revoked)).toBeUndefined()
  expect(await checkSession(t.db, expired)).toBeUndefined()
  await t.db.deleteFrom('memberships').execute()
  expect(await checkSession(t.db, kept)).toBeUndefined()
})

test('when a session was last seen is noted at most once a minute', async () => {
  await using t = await testDb()
  const { orgId } = await seed(t.db, await aSeed())
  const { id: userId } = await t.db.selectFrom('users').select('id').executeTakeFirstOrThrow()
  const id = await createSession(t.db, { userId, orgId, userAgent: '' })
  const seenAt = async () =>
    (await t.db.selectFrom('sessions').select('lastSeenAt').executeTakeFirstOrThrow()).lastSeenAt.getTime()
  const before = await seenAt()
  await checkSession(t.db, id)
  expect(await seenAt()).toBe(before)
  await sql`update sessions set last_seen_at = now() - interval '61 seconds'`.execute(t.db)
  await checkSession(t.db, id)
  expect(await seenAt()).toBeGreaterThanOrEqual(before)
})

test('a password nobody has is checked like any other', async () => {
  expect(await verifyPassword(await hashPassword('a'), 'a')).toBe(true)
  expect(await verifyPassword(undefined, 'a')).toBe(false)
  expect(await hashPassword('a')).toContain('$argon2id$v=19$m=19456,t=2,p=1$')
})

test('somebody is let in by the database alone; let in again they have a new password and role, and are signed out', async () => {
  await using t = await testDb()
  const person = {
    email: ' Grace@Example.com',
    organisation: 'Lab',
    role: 'owner',
    passwordHash: await hashPassword('first'),
  } as const
  const { orgId, userId, known } = await admitPerson(t.db, person)
  expect(known).toBe(false)
  const session = await signIn(t.db, { email: 'grace@example.com', password: 'first', userAgent: '' })
  expect(await checkSession(t.db, session ?? 'sess_none')).toMatchObject({ orgId, userId, role: 'owner' })

  const again = { ...person, role: 'member', passwordHash: await hashPassword('second') } as const
  expect(await admitPerson(t.db, again)).toEqual({ orgId, userId, known: true })
  expect(await checkSession(t.db, session ?? 'sess_none')).toBeUndefined()
  expect(await signIn(t.db, { email: person.email, password: 'first', userAgent: '' })).toBeUndefined()
  const anew = await signIn(t.db, { email: person.email, password: 'second', userAgent: '' })
  expect(await checkSession(t.db, anew ?? 'sess_none')).toMatchObject({ orgId, role: 'member' })

  const other = await admitPerson(t.db, { ...person, email: 'hedy@example.com' })
  expect(other).toMatchObject({ orgId, known: false })
})
