import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type TestBox, testBox } from './testing/box'
import { Connection, exchange, get, json, post, pythonRequest, request, script } from './testing/client'

const NETS = [
  { name: 'supply1', role: 'power-supply', instrument: 'rigol', address: 'USB0::1', extra: { b: 1, a: 2 } },
  { name: 'serial', role: 'uart', instrument: 'ftdi' },
  { name: 'odd', role: 'flux-capacitor' },
]

let box: TestBox
beforeAll(async () => {
  box = await testBox({ nets: NETS, version: '0.40.1|0.3' })
})
afterAll(async () => await box[Symbol.asyncDispose]())

const said = async (url: string, path: string) => {
  const reply = await get(url, path)
  return [reply.status, json(reply)]
}
const TYPES = [
  { name: 'supply1', type: 'PowerSupply' },
  { name: 'serial', type: 'UART' },
  { name: 'odd', type: 'flux-capacitor' },
]

describe('the python port', () => {
  test('health', async () => {
    expect(await said(box.pythonUrl, '/health')).toEqual([
      200,
      { status: 'healthy', service: 'lager-python-box', version: '1.0.0' },
    ])
  })

  test('status: version up to the bar, nets by type', async () => {
    expect(await said(box.pythonUrl, '/status')).toEqual([200, { healthy: true, version: '0.40.1', nets: TYPES }])
  })

  test('nets with all their fields', async () => {
    expect(await said(box.pythonUrl, '/nets/list')).toEqual([200, NETS])
  })

  test('JSON is indented by two, without a length, ended by the connection', async () => {
    const reply = await get(box.pythonUrl, '/health')
    expect(reply.body.toString()).toMatch(/^\{\n {2}"status": "healthy",\n/)
    expect(reply.headers).toMatchObject({ connection: 'close', 'content-type': 'application/json' })
    expect(reply.headers).not.toHaveProperty('content-length')
    expect(reply.headers).not.toHaveProperty('transfer-encoding')
  })

  test.each(['/health?x=1', '/python?x=1', '/nothing', '/health/'])(
    '%s: 404, paths are compared exactly',
    async (path) => {
      expect(await said(box.pythonUrl, path)).toEqual([404, { error: 'Not found', status: 'error' }])
    },
  )

  test.each(['POST', 'PUT', 'DELETE'])('%s of an unknown path: 404', async (method) => {
    expect((await request(box.pythonUrl, method, '/health')).status).toBe(404)
  })

  test.each(['PATCH', 'OPTIONS'])('%s: 501 in HTML', async (method) => {
    const reply = await request(box.pythonUrl, method, '/health')
    expect([reply.status, reply.headers['content-type']]).toEqual([501, 'text/html;charset=utf-8'])
  })

  test('there is no 100 Continue', async () => {
    const reply = await exchange(box.pythonUrl, pythonRequest([script('print(1)')], { Expect: '100-continue' }))
    expect(reply.status).toBe(200)
  })

  test('a client that closed its sending half still gets a short answer', async () => {
    using connection = await Connection.open(box.pythonUrl)
    connection.socket.end('GET /status HTTP/1.1\r\nHost: box\r\n\r\n')
    expect((await connection.untilEnd()).reply.status).toBe(200)
  })
})

describe('the http port', () => {
  test('health', async () => {
    const health = { status: 'healthy', service: 'lager-python-box', version: '1.0.0', websocket: 'enabled' }
    expect(await said(box.httpUrl, '/health')).toEqual([200, health])
  })

  test('status says what the box can do besides', async () => {
    const names = [
      'netCommand',
      'bleCommand',
      'wifiCommand',
      'blufiCommand',
      'customDevices',
      'binaries',
      'safetyLimits',
    ]
    const capabilities = { ...Object.fromEntries(names.map((name) => [name, false])), netCommandRoles: [] }
    expect(await said(box.httpUrl, '/status')).toEqual([
      200,
      { healthy: true, version: '0.40.1', nets: TYPES, capabilities },
    ])
  })

  test('JSON is compact, its keys sorted at every depth, with a length', async () => {
    const reply = await get(box.httpUrl, '/nets/list')
    expect(reply.body.toString()).toContain(
      '{"address":"USB0::1","extra":{"a":2,"b":1},"instrument":"rigol","name":"supply1",',
    )
    expect(reply.headers['content-length']).toBe(String(reply.body.length))
  })

  test('a query is looked past', async () => {
    expect((await get(box.httpUrl, '/health?x=1')).status).toBe(200)
  })

  test('an unknown path: 404', async () => {
    const body = { error: 'Not found', message: 'The requested endpoint does not exist' }
    expect(await said(box.httpUrl, '/nothing')).toEqual([404, body])
  })
})

describe('what stands in the state root', () => {
  test('without a version file the version is unknown', async () => {
    await using plain = await testBox()
    expect(await said(plain.pythonUrl, '/status')).toEqual([200, { healthy: true, version: 'unknown', nets: [] }])
  })

  test('a nets file that holds an object: no nets, status dropped on one port and 500 on the other', async () => {
    await using odd = await testBox()
    await writeFile(join(odd.stateRoot, 'saved_nets.json'), '{}')
    expect(await said(odd.pythonUrl, '/nets/list')).toEqual([200, []])
    using connection = await Connection.open(odd.pythonUrl)
    connection.socket.write('GET /status HTTP/1.1\r\nHost: box\r\n\r\n')
    expect((await connection.untilEnd()).received).toHaveLength(0)
    expect((await get(odd.httpUrl, '/status')).status).toBe(500)
  })
})

describe('a box with a token', () => {
  let guarded: TestBox
  beforeAll(async () => {
    guarded = await testBox({ token: 'open sesame' })
  })
  afterAll(async () => await guarded[Symbol.asyncDispose]())

  test.each(['pythonUrl', 'httpUrl'] as const)('%s: only the health check goes without it', async (port) => {
    expect((await get(guarded[port], '/health')).status).toBe(200)
    for (const path of ['/status', '/nets/list', '/lock', '/nothing']) {
      const reply = await get(guarded[port], path)
      expect([reply.status, (json(reply) as { error: string }).error]).toEqual([401, 'Unauthorized'])
      expect((await get(guarded[port], path, { Authorization: 'Bearer wrong' })).status).toBe(401)
      expect((await get(guarded[port], path, { Authorization: 'Bearer open sesame' })).status).not.toBe(401)
    }
    expect((await post(guarded[port], '/lock', { user: 'ada' })).status).toBe(401)
  })

  test('nothing runs without it', async () => {
    expect((await exchange(guarded.pythonUrl, pythonRequest([script('print(1)')]))).status).toBe(401)
    const reply = await exchange(
      guarded.pythonUrl,
      pythonRequest([script('print(1)')], { Authorization: 'Bearer open sesame' }),
    )
    expect(reply.status).toBe(200)
  })
})
