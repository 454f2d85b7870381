import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { testBox } from '../../box/runtime/testing/box'
import { lagerCall } from './lager-call'
import { lagerProbe } from './lager-probe'

const NETS = [{ name: 'console', role: 'uart' }]

function probeOf(pythonPort: number, { host = '127.0.0.1', token = null as string | null } = {}) {
  return lagerProbe(lagerCall({ host, pythonPort, token }), null)
}

/** A server that answers every request alike; what stands at an address need not be a box. */
async function anAnswer(status: number, body: string) {
  const server = createServer((request, response) => {
    request.resume().on('end', () => response.writeHead(status).end(body))
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  return {
    ...{ port, url: `http://127.0.0.1:${port}/health` },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}

test('a box says what it is, what it has and who holds it', async () => {
  await using box = await testBox({ boxId: 'bench-9', nets: NETS, version: '0.40.1|7', token: 'secret' })
  const probe = probeOf(box.pythonPort, { token: 'secret' })
  const facts = { version: '0.40.1', nets: [{ name: 'console', type: 'UART' }], lockHolder: null }
  expect(await probe.probe()).toEqual(facts)
  const lock = lagerCall({ host: '127.0.0.1', pythonPort: box.pythonPort, token: 'secret' })
  await lock.ask('POST', '/lock', 5_000, { user: 'ada' })
  expect(await probe.probe()).toEqual({ ...facts, lockHolder: 'ada' })
})

test('a script on the box says who the machine is and what each URL answers', async () => {
  await using box = await testBox({ boxId: 'bench-9' })
  await using good = await anAnswer(200, '{"status":"healthy"}')
  await using bad = await anAnswer(403, 'no')
  const gone = 'http://127.0.0.1:1/health'
  const told = await probeOf(box.pythonPort).inspect([good.url, gone, bad.url, 'nonsense'])
  if ('kind' in told) throw new Error(JSON.stringify(told))
  expect(told.identity).toMatchObject({ lagerBoxId: 'bench-9', python: expect.stringMatching(/^3\.\d+/) })
  expect(told.identity.hostname).not.toBe('')
  expect(told.identity.bootId).toMatch(/^[0-9a-f-]{36}$/)
  expect(told.answers).toMatchObject([
    { url: good.url, status: 200, body: '{"status":"healthy"}' },
    { url: gone, error: expect.stringMatching(/ConnectionRefusedError/) },
    { url: bad.url, status: 403 },
    { url: 'nonsense', error: expect.any(String) },
  ])
})

test('a wrong token, nobody there, a name that leads nowhere, a forbidden address: each in its own words', async () => {
  await using box = await testBox({ token: 'secret' })
  const wrong = probeOf(box.pythonPort, { token: 'guess' })
  expect(await wrong.probe()).toMatchObject({ kind: 'unauthorised' })
  expect(await wrong.inspect([])).toMatchObject({ kind: 'unauthorised' })
  expect(await probeOf(1).probe()).toMatchObject({ kind: 'unreachable', detail: expect.stringMatching(/ECONNREFUSED/) })
  expect(await probeOf(1).inspect([])).toMatchObject({ kind: 'unreachable' })
  const nowhere = await probeOf(5_000, { host: 'nowhere.invalid' }).probe()
  expect(nowhere).toMatchObject({ kind: 'unreachable', detail: expect.stringMatching(/ENOTFOUND|EAI_AGAIN/) })
  for (const host of ['169.254.169.254', '::ffff:169.254.169.254', '0.0.0.0', '0']) {
    const refused = await probeOf(box.pythonPort, { host }).probe()
    expect(refused).toMatchObject({ kind: 'unreachable', detail: expect.stringMatching(/link-local|no address/) })
  }
})

test('what is no box is called that', async () => {
  await using site = await anAnswer(200, '<html>Welcome</html>')
  expect(await probeOf(site.port).probe()).toMatchObject({
    kind: 'incompatible',
    detail: expect.stringMatching(/no box/),
  })
  expect(await probeOf(site.port).inspect([])).toMatchObject({ kind: 'silent' })
  await using moved = await anAnswer(302, '')
  expect(await probeOf(moved.port).probe()).toMatchObject({ kind: 'incompatible' })
})
