import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeKey, presigned, type RawRequest, sendRaw, signedByHeader } from './testing/raw'
import { aSubject, hasOtherS3, type Subject } from './testing/subject'

const MINUTE_MS = 60_000
const BODY = 'what was signed'

/** A good PUT, signed in the header, and a good GET of the same object by a presigned URL. */
function goodRequests(t: Subject) {
  const target = `/${t.bucket}/${encodeKey(`${t.prefix}a (key) + ü`)}`
  const headers = {
    'content-type': 'text/plain',
    'content-md5': createHash('md5').update(BODY).digest('base64'),
    'x-amz-checksum-sha256': createHash('sha256').update(BODY).digest('base64'),
    'x-amz-meta-job': 'job_1',
  }
  return {
    put: signedByHeader(t, { method: 'PUT', target, headers, body: BODY }),
    get: presigned(t, {
      method: 'GET',
      target: `${target}?response-content-type=text%2Fx`,
      headers: { range: 'bytes=0-3' },
    }),
  }
}

/** The same text with one character changed to another of its kind. */
function changedAt(text: string, at: number): string {
  const i = at % text.length
  const old = text[i] ?? ''
  const other = /[0-8a-y]/i.test(old) ? String.fromCharCode(old.charCodeAt(0) + 1) : old === 'Q' ? 'R' : 'Q'
  return text.slice(0, i) + other + text.slice(i + 1)
}

const change = fc.oneof(
  fc.record({ what: fc.constant('header' as const), which: fc.nat(), at: fc.nat() }),
  fc.record({ what: fc.constant('body' as const), which: fc.nat(), at: fc.nat() }),
  fc.record({ what: fc.constant('path' as const), which: fc.nat(), at: fc.nat() }),
  fc.record({ what: fc.constant('query' as const), which: fc.nat(), at: fc.nat() }),
  fc.record({ what: fc.constant('method' as const), which: fc.nat(), at: fc.nat() }),
  fc.record({ what: fc.constant('dropped header' as const), which: fc.nat(), at: fc.nat() }),
  fc.record({ what: fc.constant('added header' as const), which: fc.nat(), at: fc.nat() }),
  fc.record({ what: fc.constant('added parameter' as const), which: fc.nat(), at: fc.nat() }),
)
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never

/** `raw` with one change, or null where it has nothing of that kind. */
function changed(raw: RawRequest, { what, which, at }: Change): RawRequest | null {
  const [path = '', query = ''] = raw.target.split('?')
  const names = Object.keys(raw.headers).filter((name) => name !== 'content-length')
  const name = names[which % names.length] ?? ''
  switch (what) {
    case 'header':
      return { ...raw, headers: { ...raw.headers, [name]: changedAt(raw.headers[name] ?? '', at) } }
    case 'dropped header': {
      const { [name]: _dropped, ...headers } = raw.headers
      return name === 'host' ? null : { ...raw, headers }
    }
    case 'added header':
      return { ...raw, headers: { ...raw.headers, [`x-amz-meta-more${at}`]: 'x' } }
    case 'added parameter':
      return { ...raw, target: `${raw.target}${query ? '&' : '?'}versionId=${at}` }
    case 'body':
      return raw.body.length === 0 ? null : { ...raw, body: Buffer.from(changedAt(raw.body.toString(), at)) }
    case 'path':
      return { ...raw, target: [changedAt(path, at), query].filter(Boolean).join('?') }
    case 'query':
      return query === '' ? null : { ...raw, target: `${path}?${changedAt(query, at)}` }
    case 'method': {
      const others = ['GET', 'HEAD', 'PUT', 'DELETE', 'POST'].filter((method) => method !== raw.method)
      return { ...raw, method: others[which % others.length] ?? '' }
    }
  }
}

describe.each(hasOtherS3 ? (['embedded', 'other'] as const) : (['embedded'] as const))('%s', (which) => {
  test('a signed request is let in as it is, and refused after any single change', async () => {
    await using t = await aSubject(which)
    const { put, get } = goodRequests(t)
    expect(await sendRaw(t, put)).toMatchObject({ status: 200 })
    expect(await sendRaw(t, get)).toMatchObject({ status: 206, body: Buffer.from('what') })
    const refused = fc.asyncProperty(fc.constantFrom(put, get), change, async (good, one) => {
      const bad = changed(good, one)
      fc.pre(bad !== null)
      const answer = await sendRaw(t, bad)
      expect([400, 403]).toContain(answer.status)
      if (bad.method !== 'HEAD') expect(answer.code).not.toBe('')
    })
    await fc.assert(refused, { numRuns: which === 'embedded' ? 600 : 100 })
    expect(await sendRaw(t, get)).toMatchObject({ status: 206, body: Buffer.from('what') }) // nothing of it had an effect
  })

  test('each refusal says in S3’s words what is wrong', async () => {
    await using t = await aSubject(which)
    const target = `/${t.bucket}/${t.prefix}x`
    const put = { method: 'PUT', target, body: BODY }
    const get = { method: 'GET', target }
    const ago = (ms: number) => new Date(Date.now() - ms)
    const refusals: [expected: string, request: RawRequest][] = [
      ['403 AccessDenied', { method: 'GET', target, headers: {}, body: Buffer.alloc(0) }],
      ['403 InvalidAccessKeyId', signedByHeader({ ...t, accessKeyId: 'SOMEBODYELSE00000000' }, get)],
      ['403 InvalidAccessKeyId', presigned({ ...t, accessKeyId: 'SOMEBODYELSE00000000' }, get)],
      ['403 SignatureDoesNotMatch', signedByHeader({ ...t, secretAccessKey: 'another secret' }, get)],
      ['403 SignatureDoesNotMatch', presigned({ ...t, secretAccessKey: 'another secret' }, get)],
      ['400 AuthorizationHeaderMalformed', signedByHeader({ ...t, region: 'mars-north-1' }, get)],
      ['403 RequestTimeTooSkewed', signedByHeader(t, get, { at: ago(16 * MINUTE_MS) })],
      ['403 RequestTimeTooSkewed', signedByHeader(t, get, { at: ago(-16 * MINUTE_MS) })],
      ['403 AccessDenied', presigned(t, get, { at: ago(2 * MINUTE_MS), expiresSeconds: 60 })],
      ['403 AccessDenied', presigned(t, get, { at: ago(-20 * MINUTE_MS), expiresSeconds: 60 })],
      ['400 AuthorizationQueryParametersError', presigned(t, get, { expiresSeconds: 604_801 })],
      ['400 AuthorizationQueryParametersError', presigned(t, get, { expiresSeconds: -1 })],
      ['400 AuthorizationQueryParametersError', presigned(t, get, { expiresSeconds: 'soon' })],
      ['403 AccessDenied', signedByHeader(t, get, { unsigned: ['host'] })],
      [
        '403 AccessDenied',
        signedByHeader(t, { ...put, headers: { 'x-amz-meta-a': '1' } }, { unsigned: ['x-amz-meta-a'] }),
      ],
      ['400 XAmzContentSHA256Mismatch', signedByHeader(t, put, { contentSha256: '0'.repeat(64) })],
      ['400 InvalidArgument', signedByHeader(t, put, { contentSha256: 'nonsense' })],
      ['400 BadDigest', signedByHeader(t, { ...put, headers: { 'content-md5': 'AAAAAAAAAAAAAAAAAAAAAA==' } })],
      ['400 InvalidDigest', signedByHeader(t, { ...put, headers: { 'content-md5': 'AAAA' } })],
      ['404 NoSuchKey', signedByHeader(t, get)],
      ['404 NoSuchBucket', signedByHeader(t, { method: 'GET', target: '/no-such-bucket-of-ours-1/x' })],
    ]
    const answers = await Promise.all(refusals.map(async ([, request]) => await sendRaw(t, request)))
    expect(answers.map(({ status, code }) => `${status} ${code}`)).toEqual(refusals.map(([expected]) => expected))
  })

  test('a presigned request is good for seven days, one signed in the header for a quarter of an hour', async () => {
    await using t = await aSubject(which)
    const target = `/${t.bucket}/${t.prefix}x`
    const hours = (n: number) => new Date(Date.now() - n * 60 * MINUTE_MS)
    const old = presigned(t, { method: 'PUT', target, body: BODY }, { at: hours(167), expiresSeconds: 604_800 })
    expect((await sendRaw(t, { ...old, headers: { ...old.headers, 'content-length': '15' } })).status).toBe(200)
    expect((await sendRaw(t, signedByHeader(t, { method: 'GET', target }, { at: hours(0.2) }))).status).toBe(200)
  })
})

test('two signatures, or headers that were sent twice, are refused', async () => {
  await using t = await aSubject('embedded')
  const target = `/${t.bucket}/x`
  const get = signedByHeader(t, { method: 'GET', target })
  const both = { ...presigned(t, { method: 'GET', target }), headers: get.headers }
  expect(await sendRaw(t, both)).toMatchObject({ status: 400, code: 'InvalidArgument' })
  const put = signedByHeader(t, { method: 'PUT', target, headers: { 'x-amz-meta-a': '1' } })
  const twice = { ...put, headers: { ...put.headers, 'x-amz-meta-a': ['1', '2'] } }
  expect(await sendRaw(t, twice)).toMatchObject({ status: 400, code: 'InvalidRequest' })
})
