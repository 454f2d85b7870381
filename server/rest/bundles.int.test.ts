import { createHash, randomBytes } from 'node:crypto'
import { ListObjectsV2Command } from '@aws-sdk/client-s3'
import { expect, test } from 'vitest'
import { BUNDLE_LIMITS } from '../../core/bundles/limits'
import { aZip, lying, renamed } from '../../core/testing/zips'
import { eventually } from '../../worker/testing/lab'
import type { Web } from '../compose'
import { ask } from '../testing/ask'
import { aMember, aServer } from '../testing/fixtures'
import { BOUNDARY, breakOff, FORM_TYPE, formOf, upload } from '../testing/upload'

const sha256Of = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')
const MAIN = { 'main.py': 'print(1)' }
/** Larger than what is kept in the database. */
const aLargeZip = () => aZip({ ...MAIN, 'data/noise.bin': randomBytes(7_000_000) }, { compress: false })

/** What lies in the store, and what is known of it. */
async function stored({ store, db }: Web) {
  const { Contents = [] } = await store.client.send(new ListObjectsV2Command({ Bucket: store.bucket }))
  const rows = await db.selectFrom('storedObjects').select(['key', 'state']).execute()
  return { objects: Contents.map(({ Key, Size }) => ({ key: Key, size: Size })), rows }
}
const NOTHING = { objects: [], rows: [] }

test('a zip is uploaded once; its organisation can ask for it and submit it, another cannot', async () => {
  await using s = await aServer()
  const [ada, eve] = [await aMember(s.web), await aMember(s.web)]
  const zip = await aZip({ ...MAIN, 'a/b.txt': 'b' })
  const sha256 = sha256Of(zip)
  const head = (bearer: string) => ask(s.url, `/bundles/${sha256}`, { bearer, method: 'HEAD' })
  expect((await head(ada.bearer)).status).toBe(404)
  const first = await upload(s.url, '/bundles', zip, ada)
  expect([first.status, first.json]).toEqual([201, { sha256, sizeBytes: zip.length, entries: 2 }])
  expect(first.headers.get('location')).toBe(`/api/v1/bundles/${sha256}`)
  const again = await upload(s.url, '/bundles', zip, { ...ada, type: 'application/octet-stream' })
  expect([again.status, again.json]).toEqual([200, first.json])
  expect([(await head(ada.bearer)).status, (await head(eve.bearer)).status]).toEqual([200, 404])
  const facts = await ask(s.url, `/bundles/${sha256}`, { bearer: ada.bearer })
  expect(facts.json).toEqual({ sha256, kind: 'zip', sizeBytes: zip.length, createdAt: expect.any(String) })

  const made = await ask(s.url, '/jobs', { bearer: ada.bearer, body: { bundle: sha256, entry: 'a/b.txt' } })
  expect([made.status, made.json.bundle, made.json.entry]).toEqual([
    201,
    { sha256, kind: 'zip', sizeBytes: zip.length },
    'a/b.txt',
  ])
  const theirs = await ask(s.url, '/jobs', { bearer: eve.bearer, body: { bundle: sha256 } })
  const nobodys = await ask(s.url, '/jobs', { bearer: eve.bearer, body: { bundle: '0'.repeat(64) } })
  expect(theirs.status).toBe(422)
  expect(theirs.json.message.replace(sha256, '0'.repeat(64))).toBe(nobodys.json.message)
})

test('a bundle of more than 1 MB goes through to the object store as it is, and is there once', async () => {
  await using s = await aServer()
  const { bearer } = await aMember(s.web)
  const zip = await aLargeZip()
  const sha256 = sha256Of(zip)
  expect((await upload(s.url, '/bundles', zip, { bearer })).status).toBe(201)
  expect((await upload(s.url, '/bundles', zip, { bearer })).status).toBe(200)
  const { objects, rows } = await stored(s.web)
  expect(objects).toEqual([{ key: rows[0]?.key, size: zip.length }])
  expect(rows).toEqual([{ key: expect.stringContaining('/bundles/'), state: 'kept' }])
  expect(await s.db.selectFrom('bundles').select(['inline', 'objectKey', 'sha256']).execute()).toEqual([
    { inline: null, objectKey: rows[0]?.key, sha256 },
  ])
  const job = (entry: string) => ask(s.url, '/jobs', { bearer, body: { bundle: sha256, entry } })
  expect((await job('main.py')).status).toBe(201)
  const missing = await job('run.py')
  expect([missing.status, missing.json.issues]).toEqual([
    422,
    [{ path: 'bundle', message: expect.stringContaining('"run.py"') }],
  ])
})

test('a bad bundle names its entry, makes nothing, and leaves no object', async () => {
  await using s = await aServer()
  const { bearer } = await aMember(s.web)
  const noise = { 'noise.bin': randomBytes(1_500_000) }
  const bad: [string, Buffer, string][] = [
    ['small', renamed(await aZip({ 'aa/x.py': '1' }), 'aa/x.py', '../x.py'), '"../x.py"'],
    ['large', renamed(await aZip({ 'aa/x.py': '1', ...noise }), 'aa/x.py', '../x.py'), '"../x.py"'],
    ['large, damaged', lying(await aZip(noise), 'noise.bin', { crc: 7 }), '"noise.bin"'],
    ['large, no zip', randomBytes(1_500_000), 'not a zip'],
    ['nothing', Buffer.alloc(0), 'not a zip'],
  ]
  for (const [what, zip, says] of bad) {
    const answer = await upload(s.url, '/bundles', zip, { bearer })
    expect([what, answer.status, answer.json.code]).toEqual([what, 422, 'invalid'])
    expect(answer.json.issues).toEqual([{ path: 'bundle', message: expect.stringContaining(says) }])
    const form = formOf([
      { name: 'job', content: '{}' },
      { name: 'bundle', content: zip, fileName: 'a.zip' },
    ])
    expect((await upload(s.url, '/jobs', form, { bearer, type: FORM_TYPE })).json).toEqual(answer.json)
  }
  expect(await stored(s.web)).toEqual(NOTHING)
  expect(await s.db.selectFrom('bundles').selectAll().execute()).toEqual([])
  expect(await s.db.selectFrom('jobs').selectAll().execute()).toEqual([])
})

test('a bundle over 100 MB is refused: unread when its length is declared, at the limit when it is not', async () => {
  await using s = await aServer()
  const { bearer } = await aMember(s.web)
  let sent = 0
  async function* endless(bytes: number) {
    for (; sent < bytes; sent += 1_000_000) yield Buffer.alloc(1_000_000)
  }
  const undeclared = await upload(s.url, '/bundles', endless(140_000_000), { bearer })
  expect([undeclared.status, undeclared.json.issues]).toEqual([
    413,
    [{ path: 'bundle', message: `must be at most ${BUNDLE_LIMITS.zippedBytes} bytes` }],
  ])
  expect(await stored(s.web)).toEqual(NOTHING)
  for (const [path, type] of [
    ['/bundles', 'application/zip'],
    ['/jobs', FORM_TYPE],
  ] as const) {
    const head = { authorization: bearer, 'content-type': type, 'content-length': '200000000' }
    const answer = await firstAnswer(s.url, path, head)
    expect(answer, path).toMatch(/^HTTP\/1\.1 413 /)
  }
})

/** The answer to a request of which only the head was sent. */
async function firstAnswer(url: string, path: string, head: Record<string, string>): Promise<string> {
  let answer = ''
  await breakOff(url, path, head, Buffer.alloc(0), async (socket) => {
    for await (const piece of socket) {
      answer += piece
      if (answer.includes('\r\n')) return
    }
  })
  return answer
}

test('only a zip as it is, or for a job a form, from somebody who may run jobs and on our own pages', async () => {
  await using s = await aServer()
  const member = await aMember(s.web)
  const viewer = await aMember(s.web, member.ctx, 'viewer')
  const zip = await aZip(MAIN)
  const form = formOf([
    { name: 'job', content: '{}' },
    { name: 'bundle', content: zip, fileName: 'a.zip' },
  ])
  for (const type of ['text/plain', 'application/json', FORM_TYPE, 'application/x-www-form-urlencoded']) {
    const answer = await upload(s.url, '/bundles', zip, { ...member, type })
    expect([type, answer.status, answer.json.code]).toEqual([type, 415, 'unsupported'])
  }
  const packed = { ...member, headers: { 'content-encoding': 'gzip' } }
  expect((await upload(s.url, '/bundles', zip, packed)).status).toBe(415)
  for (const [path, body, type] of [
    ['/bundles', zip, 'application/zip'],
    ['/jobs', form, FORM_TYPE],
  ] as const) {
    const status = async (sent: object) => (await upload(s.url, path, body, { type, ...sent })).status
    const { cookie } = member
    expect(await status({})).toBe(401)
    expect(await status({ bearer: viewer.bearer })).toBe(403)
    expect(await status({ headers: { cookie } })).toBe(403)
    expect(await status({ headers: { cookie, origin: 'https://elsewhere.test' } })).toBe(403)
    expect(await status({ headers: { cookie, origin: s.url, 'sec-fetch-site': 'cross-site' } })).toBe(403)
    expect(await s.db.selectFrom('bundles').selectAll().execute()).toHaveLength(path === '/bundles' ? 0 : 1)
    expect(await status({ headers: { cookie, origin: s.url } })).toBe(201)
  }
})

test.each(['job first', 'bundle first'])('a form makes a job and its bundle at once: %s', async (order) => {
  await using s = await aServer()
  const { bearer } = await aMember(s.web)
  const zip = await aLargeZip()
  const job = { name: 'job', content: JSON.stringify({ name: 'soak', args: ['a'] }), type: 'application/json' }
  const parts = [job, { name: 'bundle', content: zip, fileName: 'soak.zip', type: 'application/zip' }]
  const body = formOf(order === 'job first' ? parts : parts.reverse())
  const made = await upload(s.url, '/jobs', body, { bearer, type: FORM_TYPE })
  expect([made.status, made.json.name, made.json.args, made.json.bundle]).toEqual([
    ...[201, 'soak', ['a']],
    { sha256: sha256Of(zip), kind: 'zip', sizeBytes: zip.length },
  ])
  expect(made.headers.get('location')).toBe(`/api/v1/jobs/${made.json.id}`)
  expect((await stored(s.web)).objects).toHaveLength(1)
})

test('a form as browsers and fetch write it is taken', async () => {
  await using s = await aServer()
  const { bearer } = await aMember(s.web)
  const form = new FormData()
  form.set('bundle', new Blob([new Uint8Array(await aZip(MAIN))]), 'a.zip')
  form.set('job', JSON.stringify({ name: 'soak' }))
  const made = await fetch(`${s.url}/api/v1/jobs`, { method: 'POST', body: form, headers: { authorization: bearer } })
  expect(made.status).toBe(201)
})

test('a form names the part that is wrong, and leaves nothing', async () => {
  await using s = await aServer()
  const { bearer } = await aMember(s.web)
  const zip = { name: 'bundle', content: await aLargeZip(), fileName: 'a.zip' }
  const job = (content: string) => ({ name: 'job', content })
  const cases: [string, Buffer, number, string[]][] = [
    ['an unknown part', formOf([zip, { name: 'colour', content: 'red' }, job('{}')]), 400, ['colour']],
    ['a part without a name', formOf([zip, { name: '', content: 'red' }, job('{}')]), 400, ['']],
    ['__proto__', formOf([{ name: '__proto__', content: 'red' }, zip, job('{}')]), 400, ['__proto__']],
    ['two bundles', formOf([zip, zip, job('{}')]), 400, ['bundle']],
    ['two jobs', formOf([job('{}'), zip, job('{}')]), 400, ['job']],
    ['no job', formOf([zip]), 400, ['job']],
    ['no bundle', formOf([job('{}')]), 400, ['bundle']],
    ['nothing', formOf([]), 400, ['job']],
    ['a bad job', formOf([zip, job('{"timeoutSeconds":0}')]), 400, ['timeoutSeconds']],
    ['a bad job first', formOf([job('{"timeoutSeconds":0}'), zip]), 400, ['timeoutSeconds']],
    ['a script too', formOf([job('{"script":"x"}'), zip]), 400, ['script']],
    ['a hash too', formOf([zip, job(`{"bundle":"${'0'.repeat(64)}"}`)]), 400, ['bundle']],
    ['no JSON', formOf([zip, job('{"a":')]), 400, []],
    ['a list', formOf([zip, job('[]')]), 400, []],
    ['a job of 3 MB', formOf([zip, job(`{"script":"${'x'.repeat(3_000_000)}"}`)]), 413, []],
    ['a form cut off', formOf([job('{}'), zip]).subarray(0, 3_000_000), 400, []],
    ['a form cut off between parts', formOf([job('{}'), zip]).subarray(0, 80), 400, []],
    ['another boundary', Buffer.from('--other\r\n\r\n--other--'), 400, []],
    ['an entry that is not in it', formOf([zip, job('{"entry":"run.py"}')]), 422, ['bundle']],
  ]
  for (const [what, body, status, paths] of cases) {
    const answer = await upload(s.url, '/jobs', body, { bearer, type: FORM_TYPE })
    expect([what, answer.status]).toEqual([what, status])
    const named = (answer.json.issues ?? []).map((issue: { path: string }) => issue.path)
    if (paths.length > 0) expect([what, named]).toEqual([what, paths])
  }
  expect((await upload(s.url, '/jobs', Buffer.from('x'), { bearer, type: 'multipart/form-data' })).status).toBe(400)
  expect(await stored(s.web)).toEqual(NOTHING)
  expect(await s.db.selectFrom('jobs').selectAll().execute()).toEqual([])
})

test.each(['/bundles', '/jobs'])('an upload to %s that breaks off leaves nothing', async (path) => {
  await using s = await aServer()
  const { bearer } = await aMember(s.web)
  const form = path === '/jobs'
  const begin = form ? `--${BOUNDARY}\r\nContent-Disposition: form-data; name="bundle"; filename="a"\r\n\r\n` : ''
  const sent = Buffer.concat([Buffer.from(begin), randomBytes(12_000_000)])
  const type = form ? FORM_TYPE : 'application/zip'
  const head = { authorization: bearer, 'content-type': type, 'content-length': '20000000' }
  const uploads = () => s.db.selectFrom('storedObjects').select('uploadId').execute()
  await breakOff(s.url, path, head, sent, () =>
    eventually('its first part is in the store', async () =>
      (await uploads()).some(({ uploadId }) => uploadId !== null),
    ),
  )
  await eventually('nothing is left', async () => (await uploads()).length === 0)
  expect(await stored(s.web)).toEqual(NOTHING)
})
