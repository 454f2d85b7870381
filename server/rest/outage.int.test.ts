import { expect, test } from 'vitest'
import { aWay } from '../../core/testing/way'
import { testDb } from '../../db/testing/database'
import { aMember, aServer } from '../testing/fixtures'

/** A way to the database, and its address by that way. */
async function aWayTo(databaseUrl: string) {
  const url = new URL(databaseUrl)
  const way = await aWay({ host: url.hostname, port: Number(url.port) })
  url.host = `127.0.0.1:${way.port}`
  return { ...way, url: url.href }
}

test('while Postgres is away requests answer 503 with Retry-After, and work again by themselves afterwards', async () => {
  await using t = await testDb()
  await using way = await aWayTo(t.url)
  await using s = await aServer(way.url)
  const { bearer } = await aMember(s.web)
  const submit = async () =>
    await fetch(`${s.url}/api/v1/jobs`, {
      method: 'POST',
      headers: { authorization: bearer, 'content-type': 'application/json' },
      body: JSON.stringify({ script: 'print(1)' }),
    })
  expect((await submit()).status).toBe(201)
  await way.cut()
  for (let i = 0; i < 3; i++) {
    const answer = await submit()
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '2'])
    expect(await answer.json()).toMatchObject({ code: 'unavailable' })
  }
  expect((await fetch(`${s.url}/api/v1/ready`)).status).toBe(503)
  expect((await fetch(`${s.url}/api/v1/health`)).status).toBe(200)
  await way.mend()
  await expect.poll(async () => (await submit()).status, { timeout: 30_000 }).toBe(201)
  expect((await fetch(`${s.url}/api/v1/ready`)).status).toBe(200)
})

test('a database without the newest schema is not ready', async () => {
  await using s = await aServer()
  await s.db.deleteFrom('kysely_migration' as never).execute()
  const answer = await fetch(`${s.url}/api/v1/ready`)
  expect(answer.status).toBe(503)
  expect(((await answer.json()) as { message: string }).message).toContain('0001-access')
})
