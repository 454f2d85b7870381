import { randomBytes } from 'node:crypto'
import { DeleteObjectCommand } from '@aws-sdk/client-s3'
import { createTRPCClient, httpBatchLink } from '@trpc/client'
import { unzipSync } from 'fflate'
import { expect, test } from 'vitest'
import { beginUploads } from '../../core/artifacts/begin-uploads'
import { skipFiles } from '../../core/artifacts/skip-files'
import { aBox, aJob } from '../../core/testing/fixtures'
import { LIMITS, PART_BYTES, sha256Of, upload, wanted } from '../../core/testing/uploads'
import { aStoreProcess } from '../../embedded/object-store/testing/store'
import { ask } from '../testing/ask'
import { aMember, aServer } from '../testing/fixtures'
import type { AppRouter } from '../trpc/router'

type Server = Awaited<ReturnType<typeof aServer>>

/** A job whose script has ended, its files, and a member who may see them. */
async function aMemberWithFiles(s: Server, files: Record<string, string | Buffer>) {
  const member = await aMember(s.web)
  await aBox(member.ctx)
  const ref = { jobId: (await aJob(member.ctx, { state: 'uploading_artifacts' })).id, attempt: 1 }
  const ids: Record<string, string> = {}
  for (const [path, content] of Object.entries(files)) ids[path] = await upload(s.web, ref, path, content)
  const base = `/jobs/${ref.jobId}/artifacts`
  /** Follows the redirect to the store, as browsers and curl do: without our credentials. */
  const get = (path: string, query = '', init: RequestInit = {}) =>
    fetch(`${s.url}/api/v1${base}/${ids[path]}${query}`, {
      ...init,
      headers: { authorization: member.bearer, ...(init.headers as Record<string, string>) },
    })
  const client = createTRPCClient<AppRouter>({
    links: [httpBatchLink({ url: `${s.url}/api/trpc`, headers: { authorization: member.bearer } })],
  })
  const preview = (path: string) => client.artifacts.preview.query({ jobId: ref.jobId, artifactId: ids[path] ?? '' })
  return { ...member, ref, ids, base, get, preview }
}

const textOf = async (response: Response) => Buffer.from(await response.arrayBuffer()).toString()

test('the files of a job are listed by path, page by page, with what became of each', async () => {
  await using s = await aServer()
  const m = await aMemberWithFiles(s, { 'out/b.json': '{}', a: 'x', ä: 'yy' })
  const socket = { path: 'out/sock', source: 'glob' as const, sizeBytes: null, state: 'skipped' as const }
  await skipFiles(s.db, m.ref, [{ ...socket, why: 'it is a socket' }])
  const first = await ask(s.url, `${m.base}?limit=2`, m)
  expect(first).toMatchObject({ status: 200, json: { attempt: 1, nextCursor: 'out/b.json', totalBytes: 5 } })
  expect(first.json.counts).toEqual({ uploading: 0, uploaded: 3, skipped: 1, failed: 0 })
  expect(first.json.items[1]).toEqual({
    ...{ id: m.ids['out/b.json'], attempt: 1, path: 'out/b.json', source: 'artifacts', state: 'uploaded' },
    ...{ sizeBytes: 2, sentBytes: 2, sha256: sha256Of('{}'), contentType: 'application/json', why: null },
    storageKey: expect.stringContaining(`/artifacts/${m.ref.jobId}/1/`),
    ...{ createdAt: expect.any(String), uploadedAt: expect.any(String) },
    url: `http://stout.test/api/v1${m.base}/${m.ids['out/b.json']}`,
  })
  const rest = await ask(s.url, `${m.base}?cursor=${encodeURIComponent(first.json.nextCursor)}`, m)
  expect(rest.json.items).toMatchObject([
    { path: 'out/sock', state: 'skipped', why: 'it is a socket', url: null, storageKey: null },
    { path: 'ä' },
  ])
  expect(rest.json.nextCursor).toBe(null)
  expect((await ask(s.url, `/jobs/${m.ref.jobId}`, m)).json.artifactCounts).toEqual(first.json.counts)
  expect(await ask(s.url, `${m.base}?attempt=2`, m)).toMatchObject({ status: 404 })
  const fresh = await aJob(m.ctx)
  expect((await ask(s.url, `/jobs/${fresh.id}/artifacts`, m)).json).toMatchObject({ attempt: 0, items: [] })
})

test('a download leads to the store, byte by byte the same, in ranges too, under a safe name and type', async () => {
  await using s = await aServer()
  const large = randomBytes(PART_BYTES + 1_000)
  const m = await aMemberWithFiles(s, { 'out/ä "x".bin': large, 'a.html': '<script>alert(1)</script>', 'p.png': 'no' })
  const name = 'out/ä "x".bin'
  const told = await m.get(name, '', { redirect: 'manual' })
  expect(told.status).toBe(302)
  expect(told.headers.get('cache-control')).toBe('no-store')
  expect(new URL(told.headers.get('location') ?? '')).toMatchObject({ origin: s.store.endpoint })
  expect(told.headers.get('location')).toContain('X-Amz-Expires=60')

  const whole = await m.get(name)
  expect(whole.headers.get('content-disposition')).toBe(
    `attachment; filename="? \\"x\\".bin"; filename*=UTF-8''%C3%A4%20%22x%22.bin`,
  )
  expect(sha256Of(Buffer.from(await whole.arrayBuffer()))).toBe(sha256Of(large))
  const part = await m.get(name, '', { headers: { range: `bytes=${PART_BYTES - 10}-` } })
  expect([part.status, part.headers.get('content-range')]).toEqual([
    206,
    `bytes ${PART_BYTES - 10}-${large.length - 1}/${large.length}`,
  ])
  expect(Buffer.from(await part.arrayBuffer()).equals(large.subarray(PART_BYTES - 10))).toBe(true)
  const head = await m.get(name, '', { method: 'HEAD' })
  expect([head.status, head.headers.get('content-length')]).toEqual([200, String(large.length)])

  const types = async (path: string, query: string) => {
    const { headers } = await m.get(path, query)
    return [headers.get('content-type'), headers.get('content-disposition')?.split(';')[0]]
  }
  expect(await types('p.png', '?inline=1')).toEqual(['image/png', 'inline'])
  expect(await types('p.png', '')).toEqual(['image/png', 'attachment'])
  expect(await types('a.html', '?inline=1')).toEqual(['application/octet-stream', 'attachment'])
  expect(await ask(s.url, `${m.base}/${m.ids['p.png']}?inline=yes`, m)).toMatchObject({ status: 400 })
})

test('who may not see the job may not have its files; what is not kept is not there', async () => {
  await using s = await aServer()
  const m = await aMemberWithFiles(s, { a: 'x' })
  const stranger = await aMember(s.web)
  const other = await aJob(m.ctx)
  const paths = [m.base, `${m.base}/${m.ids.a}`, `${m.base}.zip`]
  for (const path of paths) {
    expect([path, (await ask(s.url, path, stranger)).status]).toEqual([path, 404])
    expect([path, (await ask(s.url, path)).status]).toEqual([path, 401])
  }
  expect(await ask(s.url, `/jobs/${other.id}/artifacts/${m.ids.a}`, m), 'of another job').toMatchObject({ status: 404 })
  expect(await ask(s.url, `/jobs/${other.id}/artifacts.zip`, m), 'no files').toMatchObject({ status: 404 })
  expect(await ask(s.url, `${m.base}/nonsense`, m)).toMatchObject({ status: 404, json: { code: 'not_found' } })

  const [begun] = await beginUploads({ ...s.web, limits: LIMITS }, m.ref, [wanted('b', 'x')])
  const path = `${m.base}/${begun?.artifactId}`
  expect(await ask(s.url, path, m)).toMatchObject({
    status: 409,
    json: { message: expect.stringContaining('uploaded') },
  })
  const unsent = { path: 'b', source: 'artifacts' as const, sizeBytes: 1, state: 'failed' as const }
  await skipFiles(s.db, m.ref, [{ ...unsent, why: 'it keeps changing' }])
  expect(await ask(s.url, path, m)).toMatchObject({
    status: 404,
    json: { message: 'The file was not kept: it keeps changing.' },
  })

  await s.db.deleteFrom('memberships').where('userId', '=', m.userId).execute()
  for (const gone of paths) expect([gone, (await ask(s.url, gone, m)).status]).toEqual([gone, 401])
})

test('all files come as one zip: the same bytes each time, and its length beforehand', async () => {
  await using s = await aServer()
  const files = { 'out/b.bin': randomBytes(300_000), 'out/a.txt': 'a', empty: '', '..\\evil': 'x', 'ä/ö': 'ö' }
  const m = await aMemberWithFiles(s, files)
  const zip = async () => {
    const answer = await fetch(`${s.url}/api/v1${m.base}.zip`, { headers: { authorization: m.bearer } })
    expect(answer.status).toBe(200)
    const bytes = Buffer.from(await answer.arrayBuffer())
    expect(answer.headers.get('content-length')).toBe(String(bytes.length))
    expect(answer.headers.get('content-disposition')).toContain(`${m.ref.jobId}-1-artifacts.zip`)
    return bytes
  }
  const bytes = await zip()
  const found = Object.entries(unzipSync(bytes)).map(([name, content]) => [name, sha256Of(content)])
  expect(found).toEqual(
    [
      ['.._evil', files['..\\evil']],
      ['empty', ''],
      ['out/a.txt', 'a'],
      ['out/b.bin', files['out/b.bin']],
      ['ä/ö', 'ö'],
    ].map(([name, content]) => [name, sha256Of(content ?? '')]),
  )
  expect((await zip()).equals(bytes)).toBe(true)
  const head = await fetch(`${s.url}/api/v1${m.base}.zip?attempt=1`, {
    method: 'HEAD',
    headers: { authorization: m.bearer },
  })
  expect(head.headers.get('content-length')).toBe(String(bytes.length))
})

test('a zip whose files are lost in the middle breaks off, and nobody takes it for whole', async () => {
  await using s = await aServer()
  const m = await aMemberWithFiles(s, { a: randomBytes(2_000_000), b: 'x', c: 'y' })
  const lost = await s.db.selectFrom('artifacts').select('objectKey').where('path', '=', 'b').executeTakeFirst()
  await removeFromStore(s, lost?.objectKey ?? '')
  const answer = await fetch(`${s.url}/api/v1${m.base}.zip`, { headers: { authorization: m.bearer } })
  expect(answer.status).toBe(200)
  await expect(answer.arrayBuffer()).rejects.toThrow()
  const first = await s.db.selectFrom('artifacts').select('objectKey').where('path', '=', 'a').executeTakeFirst()
  await removeFromStore(s, first?.objectKey ?? '')
  for (const path of [`${m.base}.zip`, `${m.base}/${m.ids.a}`]) {
    expect(await ask(s.url, path, m)).toMatchObject({ status: 410, json: { code: 'gone' } })
  }
})

async function removeFromStore({ web }: Server, key: string): Promise<void> {
  await web.store.client.send(new DeleteObjectCommand({ Bucket: web.store.bucket, Key: key }))
}

test('a preview: text as text whatever its name says, images by a URL, nothing of the rest', async () => {
  await using s = await aServer()
  const long = 'ä'.repeat(200_000)
  const m = await aMemberWithFiles(s, {
    ...{ 'a.csv': 'a,b\n1,2\n', 'x.html': '<b>', 'x.svg': '<svg/>', noname: 'plain', empty: '', 'long.txt': long },
    ...{
      'odd.txt': `x${long}`,
      'bin.dat': Buffer.from([1, 0, 2]),
      'latin.txt': Buffer.from([0xe4, 0x20]),
      'i.png': 'png',
      'z.zip': 'PK',
    },
  })
  const text = (content: string) => ({ kind: 'text', text: content, truncated: false, sizeBytes: content.length })
  expect(await m.preview('a.csv')).toMatchObject({ ...text('a,b\n1,2\n'), contentType: 'text/csv' })
  expect(await m.preview('x.html')).toMatchObject(text('<b>'))
  expect(await m.preview('x.svg')).toMatchObject(text('<svg/>'))
  expect(await m.preview('noname')).toMatchObject(text('plain'))
  expect(await m.preview('empty')).toMatchObject(text(''))
  const cut = { kind: 'text', truncated: true, shownBytes: 262_144 }
  expect(await m.preview('long.txt')).toMatchObject({ ...cut, text: 'ä'.repeat(131_072), sizeBytes: 400_000 })
  expect(await m.preview('odd.txt')).toMatchObject({ ...cut, text: `x${'ä'.repeat(131_071)}` })
  for (const path of ['bin.dat', 'latin.txt', 'z.zip']) expect(await m.preview(path)).toMatchObject({ kind: 'none' })
  const image = await m.preview('i.png')
  const shown = await fetch(image.kind === 'image' ? image.url : '')
  expect([await textOf(shown), shown.headers.get('content-type')]).toEqual(['png', 'image/png'])
})

test('while the store is away downloads say so', async () => {
  await using store = await aStoreProcess()
  await using s = await aServer(undefined, undefined, store.env)
  const m = await aMemberWithFiles(s, { a: 'x' })
  await store.kill()
  for (const path of [`${m.base}/${m.ids.a}`, `${m.base}.zip`]) {
    const answer = await ask(s.url, path, m)
    expect(answer).toMatchObject({
      status: 503,
      json: { code: 'unavailable', message: expect.stringContaining('object store') },
    })
    expect(answer.headers.get('retry-after')).toBe('2')
  }
  await expect(m.preview('a')).rejects.toMatchObject({ data: { code: 'unavailable', httpStatus: 503 } })
  expect(await ask(s.url, m.base, m)).toMatchObject({ status: 200 })
  await store.start()
  expect(await textOf(await m.get('a'))).toBe('x')
})
