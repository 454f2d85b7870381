import { readdir } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type TestBox, testBox } from './testing/box'
import {
  Connection,
  exchange,
  type FormPart,
  json,
  multipart,
  post,
  pythonRequest,
  run,
  script,
} from './testing/client'
import { exitCodeOf } from './testing/frames'
import { zip } from './testing/zip'

let box: TestBox
beforeAll(async () => {
  box = await testBox()
})
afterAll(async () => await box[Symbol.asyncDispose]())

const NOTHING_TO_RUN = { error: 'Could not find module folder', status: 'error' }
const ok = script('print(1)')

test.each<[string, Buffer]>([
  ['neither script nor module', pythonRequest([{ name: 'args', value: 'x' }])],
  ['an empty script without a filename', pythonRequest([{ name: 'script', value: '' }])],
  ['an empty body', pythonRequest([], {}, Buffer.alloc(0))],
  ['another content type', pythonRequest([ok], { 'Content-Type': 'application/json' })],
  ['no boundary', pythonRequest([ok], { 'Content-Type': 'multipart/form-data' })],
])('%s: 422', async (_, request) => {
  const reply = await exchange(box.pythonUrl, request)
  expect(reply.status).toBe(422)
  expect(json(reply)).toEqual(NOTHING_TO_RUN)
})

test('a chunked request counts as empty: 422', async () => {
  const body = multipart([ok])
  const request = `POST /python HTTP/1.1\r\nHost: box\r\nContent-Type: multipart/form-data; boundary=a-boundary-of-the-test\r\nTransfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body.toString('latin1')}\r\n0\r\n\r\n`
  const reply = await exchange(box.pythonUrl, request)
  expect(reply.status).toBe(422)
  expect(json(reply)).toEqual(NOTHING_TO_RUN)
})

test.each<[string, Buffer]>([
  ['a body that ends within a part', pythonRequest([], {}, multipart([ok]).subarray(0, 90))],
  ['a body that is no multipart', pythonRequest([], {}, Buffer.from('what is this'))],
  ['a Content-Length that is no number', pythonRequest([ok], { 'Content-Length': 'many' })],
])('%s: 400', async (_, request) => {
  const reply = await exchange(box.pythonUrl, request)
  expect(reply.status).toBe(400)
  expect(json(reply)).toEqual({ error: expect.stringMatching(/^Failed to parse request: ./), status: 'error' })
})

test('a body shorter than announced is waited for, until the client closes its half: 400', async () => {
  using connection = await Connection.open(box.pythonUrl)
  connection.socket.end(pythonRequest([ok], { 'Content-Length': '100000' }))
  expect((await connection.untilEnd()).reply.status).toBe(400)
})

const notUtf8 = Buffer.from([0x66, 0xff])
test.each<[string, FormPart[], string]>([
  ['a bad zip', [{ name: 'module', value: 'no zip', filename: 'm.zip' }], 'File is not a zip file'],
  ['timeout abc', [ok, { name: 'timeout', value: 'abc' }], "invalid literal for int() with base 10: 'abc'"],
  ['timeout empty', [ok, { name: 'timeout', value: '' }], "invalid literal for int() with base 10: ''"],
  ['timeout 1.5', [ok, { name: 'timeout', value: '1.5' }], "invalid literal for int() with base 10: '1.5'"],
  ['two timeouts', [ok, { name: 'timeout', value: '1' }, { name: 'timeout', value: '2' }], ''],
  ['two scripts', [ok, ok], ''],
  ['an argument that is not UTF-8', [ok, { name: 'args', value: notUtf8 }], "'utf-8' codec can't decode"],
  ['an env entry that is not UTF-8', [ok, { name: 'env', value: notUtf8 }], "'utf-8' codec can't decode"],
  ['NUL in an argument', [ok, { name: 'args', value: 'a\0b' }], 'embedded null byte'],
])('%s: 500', async (_, parts, text) => {
  const reply = await exchange(box.pythonUrl, pythonRequest(parts))
  expect(reply.status).toBe(500)
  expect(json(reply)).toEqual({ error: expect.stringContaining(`Internal server error: ${text}`), status: 'error' })
})

test('a requirements.txt that pip cannot satisfy: 422 with what pip said', async () => {
  const module = zip([
    { name: 'main.py', content: 'print("never")' },
    { name: 'requirements.txt', content: '--no-index\nthere-is-no-such-package' },
  ])
  const reply = await exchange(box.pythonUrl, pythonRequest([{ name: 'module', value: module }]))
  expect(reply.status).toBe(422)
  expect(json(reply)).toEqual({ error: expect.stringMatching(/^Pip install failed: .*\w/s), status: 'error' })
})

test('what was refused leaves no file behind', async () => {
  await exchange(box.pythonUrl, pythonRequest([{ name: 'module', value: 'no zip', filename: 'm.zip' }]))
  expect((await readdir(box.tmp)).filter((name) => name.startsWith('tmp'))).toEqual([])
})

test('the lock is not looked at by POST /python', async () => {
  await post(box.httpUrl, '/lock', { user: 'ada' })
  expect(exitCodeOf((await run(box.pythonUrl, [ok])).frames)).toBe(0)
})
