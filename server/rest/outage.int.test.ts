import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { expect, test } from 'vitest'
import { testDb } from '../../db/testing/database'
import { aMember, aServer } from '../testing/fixtures'

/** A way to the database that can be cut and mended, as a restart of Postgres would. */
async function aWay(databaseUrl: string) {
  const target = new URL(databaseUrl)
  const open = new Set<Socket>()
  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname)
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      open.add(from)
      from.on('error', () => to.destroy()).on('close', () => to.destroy())
      from.pipe(to)
    }
  })
  const listen = (port: number) => new Promise<void>((done) => server.listen(port, '127.0.0.1', done))
  await listen(0)
  const { port } = server.address() as AddressInfo
  const url = new URL(databaseUrl)
  url.host = `127.0.0.1:${port}`
  const cut = async () => {
    const closed = new Promise((done) => server.close(done))
    for (const socket of open) socket.destroy()
    await closed
  }
  return { url: url.href, cut, mend: () => listen(port), [Symbol.asyncDispose]: cut }
}

test('while Postgres is away requests answer 503 with Retry-After, and work again by themselves afterwards', async () => {
  await using t = await testDb()
  await using way = await aWay(t.url)
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
  await expect.poll(async () => (await submit()).status, { timeout: 10_000 }).toBe(201)
  expect((await fetch(`${s.url}/api/v1/ready`)).status).toBe(200)
})

test('a database without the newest schema is not ready', async () => {
  await using s = await aServer()
  await s.db.deleteFrom('kysely_migration' as never).execute()
  const answer = await fetch(`${s.url}/api/v1/ready`)
  expect(answer.status).toBe(503)
  expect(((await answer.json()) as { message: string }).message).toContain('0001-access')
})
