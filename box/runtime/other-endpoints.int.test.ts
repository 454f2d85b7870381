import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type TestBox, testBox } from './testing/box'
import { Connection, exchange, get, json, post } from './testing/client'
import { decodeFrames, exitCodeOf } from './testing/frames'

const UART = { name: 'serial', role: 'uart', instrument: 'ftdi' }
let box: TestBox
beforeAll(async () => {
  box = await testBox({ nets: [UART, { name: 'v', role: 'adc' }], version: '0.40.1|0.3' })
  await mkdir(join(box.tmp, 'lager-output/sub'), { recursive: true })
  await writeFile(join(box.tmp, 'lager-output/a b.bin'), Buffer.from([0, 1, 255]))
  await writeFile(join(box.tmp, 'lager-output/empty'), '')
  await symlink('/proc/version', join(box.tmp, 'lager-output/link'))
})
afterAll(async () => await box[Symbol.asyncDispose]())

test('hello: text on one port, JSON on the other', async () => {
  expect((await get(box.pythonUrl, '/hello')).body.toString()).toBe('Hello, world! Your box is connected.\n')
  expect((await get(box.httpUrl, '/hello')).headers['content-type']).toBe('application/json')
})

test('versions', async () => {
  expect((await get(box.pythonUrl, '/version')).body.toString()).toBe('lager-python-box 1.0.0\n')
  const version = { box_version: '0.40.1', updater_version: '0.3', raw: '0.40.1|0.3' }
  expect(json(await get(box.pythonUrl, '/cli-version'))).toEqual(version)
  await using plain = await testBox()
  const reply = await get(plain.pythonUrl, '/cli-version')
  expect([reply.status, json(reply)]).toEqual([404, { error: 'Version file not found', status: 'error' }])
})

test('the test stream is a stream', async () => {
  const reply = await get(box.pythonUrl, '/test-stream')
  expect(reply.headers['lager-output-version']).toBe('1')
  expect(reply.body.toString()).toBe('1 12 Hello world\n- 1 0')
})

test('the test script runs', async () => {
  const frames = decodeFrames((await post(box.pythonUrl, '/test-execute', '')).body)
  expect(frames.map(({ payload }) => payload.toString()).join('')).toContain('Hello from test script!')
  expect(exitCodeOf(frames)).toBe(0)
})

test('pip is streamed', async () => {
  const reply = await post(box.pythonUrl, '/pip', { args: ['--version'] })
  expect(decodeFrames(reply.body)[0]?.payload.toString()).toMatch(/^pip \d/)
  expect((await post(box.pythonUrl, '/pip', { args: 'list' })).status).toBe(400)
  expect((await post(box.pythonUrl, '/pip', '{')).status).toBe(500)
})

test('what only one port has', async () => {
  for (const path of ['/version', '/cli-version', '/test-stream'])
    expect((await get(box.httpUrl, path)).status).toBe(404)
  expect((await get(box.pythonUrl, '/uart/nets/list')).status).toBe(404)
  expect(json(await get(box.httpUrl, '/uart/nets/list'))).toEqual({ nets: [UART] })
})

test.each(['pythonUrl', 'httpUrl'] as const)('%s: no instruments', async (port) => {
  expect(json(await get(box[port], '/instruments/list'))).toEqual([])
})

describe.each(['pythonUrl', 'httpUrl'] as const)('download from %s', (port) => {
  const status = port === 'pythonUrl' ? { status: 'error' } : {}
  const download = async (filename: string) =>
    await get(box[port], `/download-file?filename=${encodeURIComponent(filename)}`)

  test('a file as it is', async () => {
    const reply = await download('/tmp/lager-output/a b.bin')
    expect(reply.status).toBe(200)
    expect(reply.headers).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-disposition': 'attachment; filename="a b.bin"',
      'content-length': '3',
    })
    expect(reply.body).toEqual(Buffer.from([0, 1, 255]))
  })

  test('an empty one, and one behind a link that leads out of the root', async () => {
    const empty = await download(join(box.tmp, 'lager-output/empty'))
    expect([empty.status, empty.body.length]).toEqual([200, 0])
    expect((await download('/tmp/lager-output/link')).status).toBe(200)
  })

  test.each([
    ['/etc/passwd', 403, 'Access to this path is not permitted'],
    ['/tmp/lager-output/../../lock.json', 403, 'Access to this path is not permitted'],
    ['/tmp/lager-output/nothing', 404, 'File not found: /tmp/lager-output/nothing'],
    ['/tmp/lager-output/sub', 400, 'Path is not a file'],
    ['', 400, 'Missing filename parameter'],
  ])('%s: %i', async (filename, code, error) => {
    const reply = await download(filename)
    expect([reply.status, json(reply)]).toEqual([code, { error, ...status }])
  })

  test('without the parameter: 400', async () => {
    const reply = await get(box[port], '/download-file')
    expect([reply.status, json(reply)]).toEqual([400, { error: 'Missing filename parameter', ...status }])
  })
})

test('the python port goes by the beginning of the path', async () => {
  expect((await get(box.pythonUrl, '/download-files/x?filename=/tmp/lager-output/empty')).status).toBe(200)
  expect((await get(box.httpUrl, '/download-files/x?filename=/tmp/lager-output/empty')).status).toBe(404)
})

test('a HEAD request is refused on the python port', async () => {
  expect((await exchange(box.pythonUrl, 'HEAD /health HTTP/1.1\r\nHost: box\r\n\r\n')).status).toBe(501)
})

test('one request for each connection', async () => {
  using connection = await Connection.open(box.pythonUrl)
  connection.socket.write('GET /health HTTP/1.1\r\nHost: box\r\n\r\nGET /health HTTP/1.1\r\nHost: box\r\n\r\n')
  const answers = (await connection.untilEnd()).received.toString().split('HTTP/1.1 200').length - 1
  expect(answers).toBe(1)
})
