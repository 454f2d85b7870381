import { expect, test } from 'vitest'
import { openDatabase } from '../../db/client'
import { testDb } from '../../db/testing/database'
import { FOR_EMAIL, trySignIn } from './guesses'
import { dropOldLimits, take } from './rate-limits'

const LIMITED = { code: 'limit', detail: { retryAfterSeconds: expect.any(Number) } }

test('wrong sign-ins are counted over all processes; right ones and other e-mails go on', async () => {
  await using t = await testDb()
  await using other = openDatabase(t.url, { name: 'other', maxConnections: 2 })
  const wrong = async () => undefined
  const ada = { email: 'Ada@example.com ', address: '192.0.2.1' }
  for (let n = 0; n < 30; n++) expect(await trySignIn(t.db, ada, async () => 'session')).toBe('session')
  for (let n = 0; n < FOR_EMAIL.burst; n++) {
    const from = { email: n % 3 ? 'ada@example.com' : ada.email, address: `192.0.2.${n}` }
    expect(await trySignIn(n % 2 ? t.db : other, from, wrong)).toBeUndefined()
  }
  let tried = false
  const check = async () => {
    tried = true
    return 'session'
  }
  await expect(trySignIn(other, ada, check)).rejects.toMatchObject(LIMITED)
  await expect(trySignIn(t.db, ada, check)).rejects.toMatchObject(LIMITED)
  expect(tried, 'no password is looked at any more').toBe(false)
  expect(await trySignIn(other, { ...ada, email: 'eve@example.com' }, check)).toBe('session')
})

test('of tries at one moment no more pass than the limit says, and one passes again when time has paid for it', async () => {
  await using t = await testDb()
  const limit = { burst: 3, everySeconds: 3_600 }
  const tries = await Promise.allSettled(Array.from({ length: 20 }, () => take(t.db, 'key', limit)))
  expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(3)
  await expect(take(t.db, 'key', limit)).rejects.toMatchObject(LIMITED)
  expect(await dropOldLimits(t.db)).toBe(0)
  const before = new Date(Date.now() - 1_000)
  await t.db.updateTable('rateLimits').set({ busyUntil: before }).execute()
  await take(t.db, 'key', limit)
  await t.db.updateTable('rateLimits').set({ busyUntil: before }).execute()
  expect(await dropOldLimits(t.db)).toBe(1)
})
