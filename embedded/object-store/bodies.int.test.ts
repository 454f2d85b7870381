import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { crc32 } from 'node:zlib'
import { GetObjectCommand, HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { chunkedBody, type RawRequest, sendRaw, signedByHeader } from './testing/raw'
import { aSubject, hasOtherS3, type Subject } from './testing/subject'

const CHUNKS = [Buffer.alloc(8192, 'a'), Buffer.alloc(8192, 'b'), Buffer.from('the end')]
const WHOLE = Buffer.concat(CHUNKS)
const sha256 = createHash('sha256').update(WHOLE).digest('base64')
const MODES = [
  'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
  'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER',
  'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
] as const
type Mode = (typeof MODES)[number]

/** A PUT in frames. @param trailer the checksum that it carries at its end, in a mode that has one */
function inFrames(t: Subject, key: string, mode: Mode, trailer = sha256, sizeBytes = WHOLE.length): RawRequest {
  const hasTrailer = mode.endsWith('TRAILER')
  const headers = {
    'content-encoding': 'aws-chunked',
    'x-amz-decoded-content-length': String(sizeBytes),
    ...(hasTrailer && { 'x-amz-trailer': 'x-amz-checksum-sha256' }),
  }
  const raw = { method: 'PUT', target: `/${t.bucket}/${t.prefix}${key}`, headers }
  // Only its length is signed: each chunk carries the signature of the one before it, the first one that of the headers.
  const frames = (authorization: string, longDate: string) =>
    chunkedBody(
      t,
      { authorization, longDate },
      CHUNKS,
      hasTrailer ? { 'x-amz-checksum-sha256': trailer } : null,
      mode !== MODES[2],
    )
  const length = frames('', '20260101T000000Z').length
  const request = signedByHeader(
    t,
    { ...raw, headers: { ...headers, 'content-length': String(length) } },
    { contentSha256: mode },
  )
  const { authorization = '', 'x-amz-date': longDate = '' } = request.headers
  return { ...request, body: frames(authorization, longDate) }
}

const EMPTY = Buffer.alloc(0)

/** The first two frames of a body, and what follows. */
function framesOf(body: Buffer): Buffer[] {
  const endOf = (from: number) => body.indexOf('\r\n', body.indexOf('\r\n', from) + 2) + 2
  const [first, second] = [endOf(0), endOf(endOf(0))]
  return [body.subarray(0, first), body.subarray(first, second), body.subarray(second)]
}

describe.each(hasOtherS3 ? (['embedded', 'other'] as const) : (['embedded'] as const))('%s', (which) => {
  test.each(MODES)('%s: frames are taken off, and the checksum of the trailer is kept', async (mode) => {
    await using t = await aSubject(which)
    expect(await sendRaw(t, inFrames(t, 'framed', mode))).toMatchObject({ status: 200 })
    const at = { Bucket: t.bucket, Key: `${t.prefix}framed` }
    const got = await t.s3.send(new GetObjectCommand({ ...at, ChecksumMode: 'ENABLED' }))
    expect(got.ContentEncoding).toBeUndefined()
    if (mode !== MODES[0]) expect(got.ChecksumSHA256).toBe(sha256)
    expect(Buffer.from((await got.Body?.transformToByteArray()) ?? []).equals(WHOLE)).toBe(true)
  })

  test.each(MODES)(
    '%s: a body with one byte changed, a frame doubled, moved or left out is no object',
    async (mode) => {
      await using t = await aSubject(which)
      const good = inFrames(t, 'bad', mode)
      const [first = EMPTY, second = EMPTY, rest = EMPTY] = framesOf(good.body)
      const tampered = [
        Buffer.concat([second, rest]),
        Buffer.concat([first, first, second, rest]),
        Buffer.concat([second, first, rest]),
        good.body.subarray(0, -40),
      ]
      for (const body of tampered) {
        const answer = await sendRaw(t, {
          ...good,
          body,
          headers: { ...good.headers, 'content-length': String(body.length) },
        })
        expect([400, 403]).toContain(answer.status)
      }
      const oneByte = fc.asyncProperty(
        fc.nat(good.body.length - 1),
        fc.integer({ min: 1, max: 255 }),
        async (at, by) => {
          const body = Buffer.from(good.body)
          body[at] = (body[at] ?? 0) ^ by
          // Upper-case digits of a length mean the same.
          fc.pre(body.toString('latin1').toLowerCase() !== good.body.toString('latin1').toLowerCase())
          const answer = await sendRaw(t, { ...good, body })
          expect([400, 403]).toContain(answer.status)
          expect(answer.code).not.toBe('')
        },
      )
      await fc.assert(oneByte, { numRuns: which === 'embedded' ? 150 : 20 })
      const gone = t.s3.send(new HeadObjectCommand({ Bucket: t.bucket, Key: `${t.prefix}bad` }))
      await expect(gone).rejects.toMatchObject({ name: 'NotFound' })
    },
  )

  test('a trailer whose checksum is another, or a length that is another, is refused', async () => {
    await using t = await aSubject(which)
    const other = createHash('sha256').update('other').digest('base64')
    for (const mode of MODES.slice(1)) {
      const answer = await sendRaw(t, inFrames(t, 'x', mode, other))
      expect(answer).toMatchObject({ status: 400, code: 'BadDigest' })
    }
    for (const sizeBytes of [WHOLE.length - 1, WHOLE.length + 1]) {
      const answer = await sendRaw(t, inFrames(t, 'x', MODES[0], sha256, sizeBytes))
      expect(answer).toMatchObject({ status: 400, code: 'IncompleteBody' })
    }
  })

  test('a stream is put by the SDK in its own way, with a CRC32 at its end', async () => {
    await using t = await aSubject(which)
    const at = { Bucket: t.bucket, Key: `${t.prefix}stream` }
    const Body = Readable.from(CHUNKS, { objectMode: false })
    await t.s3.send(new PutObjectCommand({ ...at, Body, ContentLength: WHOLE.length }))
    const bytes = Buffer.alloc(4)
    bytes.writeUInt32BE(crc32(WHOLE))
    const head = await t.s3.send(new HeadObjectCommand({ ...at, ChecksumMode: 'ENABLED' }))
    expect(head).toMatchObject({ ContentLength: WHOLE.length, ChecksumCRC32: bytes.toString('base64') })
  })

  test('a checksum that does not fit the bytes is refused, whatever its algorithm', async () => {
    await using t = await aSubject(which)
    const wrong = {
      'x-amz-checksum-crc32': 'AAAAAA==',
      'x-amz-checksum-sha1': `${'A'.repeat(27)}=`,
      'x-amz-checksum-sha256': `${'A'.repeat(43)}=`,
    }
    for (const [name, value] of Object.entries(wrong)) {
      const put = { method: 'PUT', target: `/${t.bucket}/${t.prefix}x`, headers: { [name]: value }, body: 'x' }
      expect(await sendRaw(t, signedByHeader(t, put))).toMatchObject({ status: 400, code: 'BadDigest' })
    }
    const malformed = {
      method: 'PUT',
      target: `/${t.bucket}/${t.prefix}x`,
      headers: { 'x-amz-checksum-sha256': 'AAAA' },
      body: 'x',
    }
    expect(await sendRaw(t, signedByHeader(t, malformed))).toMatchObject({ status: 400, code: 'InvalidRequest' })
  })
})
