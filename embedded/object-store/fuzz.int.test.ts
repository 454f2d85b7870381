import { readdirSync } from 'node:fs'
import { connect } from 'node:net'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { encodeKey, presigned, sendRaw, signedByHeader } from './testing/raw'
import { aStore, type TestStore } from './testing/store'

type Shape = { method: string; on: 'bucket' | 'object'; marks?: string[]; may?: string[] }
/** Requests that mean something, and a few that don't. */
const SHAPES: Shape[] = [
  { method: 'GET', on: 'bucket', marks: ['list-type'], may: ['prefix', 'delimiter', 'max-keys', 'continuation-token'] },
  { method: 'GET', on: 'bucket', marks: ['list-type'], may: ['start-after', 'encoding-type', 'prefix'] },
  { method: 'GET', on: 'bucket', marks: ['uploads'], may: ['prefix', 'key-marker', 'upload-id-marker', 'max-uploads'] },
  { method: 'POST', on: 'bucket', marks: ['delete'] },
  { method: 'PUT', on: 'bucket' },
  { method: 'PUT', on: 'object', may: ['x-amz-meta-a', 'x-amz-checksum-sha256', 'x-amz-copy-source'] },
  { method: 'GET', on: 'object', may: ['response-content-type', 'response-content-disposition'] },
  { method: 'HEAD', on: 'object', may: ['response-expires'] },
  { method: 'DELETE', on: 'object' },
  { method: 'POST', on: 'object', marks: ['uploads'], may: ['x-amz-meta-a'] },
  { method: 'POST', on: 'object', marks: ['uploadId'] },
  { method: 'PUT', on: 'object', marks: ['partNumber', 'uploadId'] },
  { method: 'GET', on: 'object', marks: ['uploadId'], may: ['max-parts', 'part-number-marker'] },
  { method: 'DELETE', on: 'object', marks: ['uploadId'] },
  { method: 'OPTIONS', on: 'object' },
  { method: 'PATCH', on: 'object' },
]
const NAMES = ['acl', 'versionId', 'x-id', '__proto__', 'X-Amz-Signature', 'x-amz-acl', 'uploads', 'list-type']
const HEADERS = [
  ...['range', 'if-match', 'if-none-match', 'if-modified-since', 'if-range', 'content-type', 'content-md5', 'expect'],
  ...['content-encoding', 'content-disposition', 'x-amz-meta-a', 'x-amz-checksum-sha256', 'x-amz-checksum-crc32'],
  ...['x-amz-checksum-algorithm', 'x-amz-checksum-mode', 'x-amz-copy-source', 'x-amz-metadata-directive', 'origin'],
  ...['x-amz-decoded-content-length', 'x-amz-trailer', 'x-amz-mp-object-size', 'access-control-request-method'],
]
const VALUES = [
  ...['', '1', '2', '0', '-1', '99999999999', '*', 'bytes=0-1', 'bytes=-', 'url', '/', 'SHA256', 'ENABLED', 'REPLACE'],
  ...[
    'aws-chunked',
    'x-amz-checksum-sha256',
    '100-continue',
    'stout-test/kept',
    '../../etc/passwd',
    'Tue, 24 Nov 2026',
  ],
  ...['AAAAAA==', `${'A'.repeat(43)}=`, 'nul\0', 'line\r\nset-cookie: a=b', '\u{1f600}', '\ud800', '%', '=='],
]
const BODIES = [
  ...[
    '',
    'text',
    '<Delete><Object><Key>kept2</Key></Object></Delete>',
    '<Delete><Object/></Delete>',
    '<Delete',
    '<a/>',
  ],
  ...['<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>x</ETag></Part></CompleteMultipartUpload>'],
  ...['<!DOCTYPE a [<!ENTITY b "c">]><Delete>&b;</Delete>', '5;chunk-signature=00\r\nhello\r\n0\r\n\r\n', '\0\xff'],
  ...[`<Delete>${'<Object>'.repeat(2000)}`, '<Delete><__proto__><Key>1</Key></__proto__></Delete>'],
]
const MODES = ['UNSIGNED-PAYLOAD', 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD', 'STREAMING-UNSIGNED-PAYLOAD-TRAILER']

const value = fc.oneof(fc.constantFrom(...VALUES), fc.string({ unit: 'binary', maxLength: 12 }))
const pathPart = fc.oneof(
  fc.constantFrom(
    'stout-test',
    'kept',
    '..',
    '.',
    '',
    '%2e%2e',
    '%00',
    '%ff',
    'a b',
    'etc',
    'passwd',
    'x'.repeat(1100),
  ),
  fc.string({ unit: 'binary', maxLength: 6 }).map((text) => encodeKey(text.toWellFormed())),
)
const wild = fc.constantFrom(...SHAPES).chain(({ method, on, marks = [], may = [] }) =>
  fc.record({
    method: fc.constant(method),
    bucket: fc.oneof({ weight: 15, arbitrary: fc.constant('stout-test') }, { weight: 1, arbitrary: pathPart }),
    parts: on === 'bucket' ? fc.constant([]) : fc.oneof(fc.constant(['kept']), fc.array(pathPart, { maxLength: 2 })),
    marks: fc.constant(marks),
    query: fc.array(fc.tuple(fc.constantFrom(...may, ...(may.length > 0 ? [] : ['x-id'])), value), { maxLength: 2 }),
    stray: fc.oneof(
      { weight: 8, arbitrary: fc.constant([]) },
      { weight: 1, arbitrary: fc.tuple(fc.tuple(fc.constantFrom(...NAMES), value)) },
    ),
    headers: fc.oneof(fc.constant({}), fc.dictionary(fc.constantFrom(...HEADERS), value, { maxKeys: 2 })),
    body: method === 'PUT' || method === 'POST' ? fc.constantFrom(...BODIES) : fc.constantFrom('', '', '', 'text'),
    mode: fc.oneof(
      { weight: 8, arbitrary: fc.constant(undefined) },
      { weight: 1, arbitrary: fc.constantFrom(...MODES) },
    ),
    inQuery: fc.boolean(),
  }),
)

/** What Node's own client sends as it is, and the hand-made signature covers: printable ASCII, single spaces. */
const sendable = ([name, text]: [string, string]) => [
  name,
  text
    .replace(/[^ -~]/g, '')
    .replace(/ +/g, ' ')
    .trim(),
]

async function send(
  t: TestStore,
  {
    method,
    bucket,
    parts,
    marks,
    query,
    stray,
    headers,
    body,
    mode,
    inQuery,
  }: typeof wild extends fc.Arbitrary<infer T> ? T : never,
) {
  const marked = marks.map((name): [string, string] => [name, name === 'list-type' ? '2' : '1'])
  const pairs = [...marked, ...query, ...stray]
    .map(([name, text]) => `${name}=${encodeKey(text.toWellFormed()).replaceAll('/', '%2F')}`)
    .join('&')
  const target = `/${[bucket, ...parts].join('/').replaceAll(' ', '%20')}${pairs && `?${pairs}`}`
  const clean = Object.fromEntries(Object.entries(headers).map(sendable))
  delete clean.expect
  const raw = { method, target, headers: { ...clean, 'content-length': String(Buffer.byteLength(body)) }, body }
  return await sendRaw(
    t,
    inQuery ? presigned(t, raw) : signedByHeader(t, raw, mode === undefined ? {} : { contentSha256: mode }),
  )
}

/** Everything below a folder, by kind: nothing else may ever appear. */
function strangers(dir: string): string[] {
  const known =
    /^(catalogue\.sqlite(-wal|-shm)?|tmp|tmp\/[0-9a-f]{32}|data|data\/[0-9a-f]{2}|data\/[0-9a-f]{2}\/[0-9a-f]{32})$/
  return readdirSync(dir, { recursive: true, encoding: 'utf8' }).filter((name) => !known.test(name))
}

test('signed requests of any kind get an answer that is no fault, and touch nothing outside of the folder', async () => {
  await using t = await aStore()
  const kept = { target: `/${t.bucket}/kept`, method: 'PUT', body: 'kept' }
  let [asked, answered] = [0, 0]
  const noFault = fc.asyncProperty(wild, async (one) => {
    if (asked++ % 10 === 0) await sendRaw(t, signedByHeader(t, kept))
    const { status } = await send(t, one)
    if (status < 300) answered += 1
    expect(status === 501 || status < 500, `status ${status}`).toBe(true)
    expect(t.faults).toEqual([])
  })
  await fc.assert(noFault, { numRuns: 1000 })
  expect(answered).toBeGreaterThan(50) // it is not all turned away at the door
  expect(strangers(t.dir)).toEqual([])
})

test('bytes that are no HTTP get a 400 or a closed connection, and the next request is served', async () => {
  await using t = await aStore()
  const port = Number(new URL(t.endpoint).port)
  const garbage = fc.asyncProperty(
    fc.oneof(fc.uint8Array({ maxLength: 400 }), fc.constantFrom(...GARBAGE)),
    async (bytes) => {
      const heard = await new Promise<string>((resolve) => {
        const chunks: Buffer[] = []
        const socket = connect(port, '127.0.0.1', () => socket.end(bytes))
        socket.on('data', (chunk) => chunks.push(chunk))
        socket.on('error', () => {})
        socket.on('close', () => resolve(Buffer.concat(chunks).toString('latin1')))
      })
      expect(heard).not.toMatch(/^HTTP\/1\.1 [25]/)
    },
  )
  await fc.assert(garbage, { numRuns: 200 })
  expect((await fetch(t.endpoint)).status).toBe(403)
  expect(t.faults).toEqual([])
})

const GARBAGE = [
  'GET /../../etc/passwd HTTP/1.1\r\nhost: x\r\n\r\n',
  'GET http://evil.example/ HTTP/1.1\r\nhost: x\r\n\r\n',
  'PUT /stout-test/x HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello',
  'PUT /stout-test/x HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
  'GET / HTTP/1.1\r\n\r\n',
  `GET / HTTP/1.1\r\nhost: x\r\na: ${'x'.repeat(20_000)}\r\n\r\n`,
].map((text) => new Uint8Array(Buffer.from(text)))
