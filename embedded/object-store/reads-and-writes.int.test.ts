import { readdirSync } from 'node:fs'
import path from 'node:path'
import {
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import { describe, expect, test } from 'vitest'
import { until } from '../process'
import { presigned, sendRaw, signedByHeader } from './testing/raw'
import { aStore } from './testing/store'
import { aSubject, clientOf, hasOtherS3 } from './testing/subject'

describe.each(hasOtherS3 ? (['embedded', 'other'] as const) : (['embedded'] as const))('%s', (which) => {
  test('a part of an object is read by its range, and nothing outside of it', async () => {
    await using t = await aSubject(which)
    const target = `/${t.bucket}/${t.prefix}digits`
    await sendRaw(t, signedByHeader(t, { method: 'PUT', target, body: '0123456789' }))
    const read = async (range: string, method = 'GET') => {
      const { status, headers, body, code } = await sendRaw(
        t,
        signedByHeader(t, { method, target, headers: { range } }),
      )
      return [status, headers['content-range'], headers['content-length'], code || body.toString()]
    }
    expect(await read('bytes=2-4')).toEqual([206, 'bytes 2-4/10', '3', '234'])
    expect(await read('bytes=-2')).toEqual([206, 'bytes 8-9/10', '2', '89'])
    expect(await read('bytes=7-')).toEqual([206, 'bytes 7-9/10', '3', '789'])
    expect(await read('bytes=7-100')).toEqual([206, 'bytes 7-9/10', '3', '789'])
    expect(await read('bytes=2-4', 'HEAD')).toEqual([206, 'bytes 2-4/10', '3', ''])
    expect((await read('bytes=10-')).at(0)).toBe(416)
    expect((await read('bytes=10-')).at(-1)).toBe('InvalidRange')
  })

  test('conditions of a read are answered with 304 or 412', async () => {
    await using t = await aSubject(which)
    const target = `/${t.bucket}/${t.prefix}conditions`
    const put = await sendRaw(t, signedByHeader(t, { method: 'PUT', target, body: 'x' }))
    const etag = String(put.headers.etag)
    const read = async (headers: Record<string, string>) => {
      const { status, code } = await sendRaw(t, signedByHeader(t, { method: 'GET', target, headers }))
      return `${status} ${code}`.trim()
    }
    expect(await read({ 'if-match': etag })).toBe('200')
    expect(await read({ 'if-match': '"00000000000000000000000000000000"' })).toBe('412 PreconditionFailed')
    expect(await read({ 'if-none-match': etag })).toBe('304')
    expect(await read({ 'if-unmodified-since': 'Tue, 01 Jan 2019 00:00:00 GMT' })).toBe('412 PreconditionFailed')
    expect(await read({ 'if-modified-since': new Date().toUTCString() })).toBe('304')
  })

  test('of many who write where nothing may be, one does', async () => {
    await using t = await aSubject(which)
    const target = `/${t.bucket}/${t.prefix}once`
    const writes = Array.from({ length: 8 }, (_, i) =>
      sendRaw(t, signedByHeader(t, { method: 'PUT', target, headers: { 'if-none-match': '*' }, body: `writer ${i}` })),
    )
    const answers = await Promise.all(writes)
    const winners = answers.flatMap(({ status }, i) => (status === 200 ? [i] : []))
    expect(winners).toHaveLength(1)
    expect(answers.filter(({ status }) => status === 412 || status === 409)).toHaveLength(7)
    const { body } = await sendRaw(t, signedByHeader(t, { method: 'GET', target }))
    expect(body.toString()).toBe(`writer ${winners[0]}`)
  })

  test('a key is no path, whatever it looks like', async () => {
    await using t = await aSubject(which)
    const keys = [
      '../../../etc/passwd',
      './.',
      '..',
      '//',
      'a//b',
      '%2e%2e%2f',
      'CON',
      `${'x'.repeat(900)}`,
      'a\\b',
      'a:b*?"<>|',
    ]
    for (const name of keys) {
      const target = `/${t.bucket}/${t.prefix}${name.split('/').map(encodeURIComponent).join('/').replaceAll('*', '%2A')}`
      expect(await sendRaw(t, signedByHeader(t, { method: 'PUT', target, body: name })), name).toMatchObject({
        status: 200,
      })
      const { body } = await sendRaw(t, signedByHeader(t, { method: 'GET', target }))
      expect(body.toString()).toBe(name)
    }
    const tooLong = { method: 'PUT', target: `/${t.bucket}/${'x'.repeat(1025)}` }
    expect(await sendRaw(t, signedByHeader(t, tooLong))).toMatchObject({ status: 400, code: 'KeyTooLongError' })
  })

  test('a body without a length, and metadata without end, are refused', async () => {
    await using t = await aSubject(which)
    const put = { method: 'PUT', target: `/${t.bucket}/${t.prefix}x` }
    const chunked = signedByHeader(t, { ...put, body: 'x' }, { unsigned: ['content-length'] })
    const { 'content-length': _length, ...headers } = chunked.headers
    const noLength = await sendRaw(t, { ...chunked, headers: { ...headers, 'transfer-encoding': 'chunked' } })
    expect(noLength).toMatchObject({ status: 411, code: 'MissingContentLength' })
    const long = signedByHeader(t, { ...put, headers: { 'x-amz-meta-long': 'x'.repeat(2100) }, body: 'x' })
    expect(await sendRaw(t, long)).toMatchObject({ status: 400, code: 'MetadataTooLarge' })
  })
})

test('headers beyond ASCII come back byte by byte', async () => {
  await using t = await aStore()
  const onWire = (text: string) => Buffer.from(text).toString('latin1')
  const name = 'ä€ \u{1f600}'
  const put = { method: 'PUT', target: `/${t.bucket}/x?x-amz-meta-name=${encodeURIComponent(name)}`, body: 'x' }
  expect((await sendRaw(t, signedByHeader(t, put))).status).toBe(200)
  const target = `/${t.bucket}/x?response-content-disposition=${encodeURIComponent(`attachment; filename="${name}"`)}`
  for (const method of ['GET', 'HEAD']) {
    const { headers } = await sendRaw(t, signedByHeader(t, { method, target }))
    expect(headers['content-disposition']).toBe(onWire(`attachment; filename="${name}"`))
    expect(headers['x-amz-meta-name']).toBe(onWire(name))
  }
})

test('what is too large is refused before it travels', async () => {
  await using t = await aStore({ maxPutBytes: 10 })
  const put = (body: string) => signedByHeader(t, { method: 'PUT', target: `/${t.bucket}/x`, body })
  expect(await sendRaw(t, put('0123456789'))).toMatchObject({ status: 200 })
  expect(await sendRaw(t, put('0123456789a'))).toMatchObject({ status: 400, code: 'EntityTooLarge' })
})

test('a value that no header can carry is refused, not sent', async () => {
  await using t = await aStore()
  const object = `/${t.bucket}/x`
  const split = '%0D%0Aset-cookie%3A%20a%3Db'
  const bad = [
    { method: 'GET', target: `${object}?response-content-type=text%2Fplain${split}` },
    { method: 'PUT', target: `${object}?x-amz-meta-a=1${split}` },
    { method: 'PUT', target: `${object}?x-amz-meta-a%20b=1` },
  ]
  await sendRaw(t, signedByHeader(t, { method: 'PUT', target: object }))
  for (const raw of bad)
    expect(await sendRaw(t, signedByHeader(t, raw)), raw.target).toMatchObject({ status: 400, code: 'InvalidArgument' })
  expect(t.faults).toEqual([])
})

test('who reads an object sees it to its end, while it is replaced or removed; then its bytes are gone', async () => {
  await using t = await aStore()
  using s3 = clientOf(t)
  const at = { Bucket: t.bucket, Key: 'read' }
  const size = 8 * 1024 * 1024
  const files = () => readdirSync(path.join(t.dir, 'data'), { recursive: true }).filter((name) => name.length > 10)
  for (const change of ['replace', 'remove'] as const) {
    // Of two pieces: the second is opened only when the first has been read.
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand(at))
    const Parts: CompletedPart[] = []
    for (const PartNumber of [1, 2]) {
      const part = { ...at, UploadId, PartNumber, Body: Buffer.alloc(size, 'a') }
      Parts.push({ PartNumber, ETag: (await s3.send(new UploadPartCommand(part))).ETag })
    }
    await s3.send(new CompleteMultipartUploadCommand({ ...at, UploadId, MultipartUpload: { Parts } }))
    const reader = (await fetch(await getSignedUrl(s3, new GetObjectCommand(at)))).body?.getReader()
    const first = await reader?.read()
    if (change === 'replace') await s3.send(new PutObjectCommand({ ...at, Body: 'new' }))
    else await s3.send(new DeleteObjectCommand(at))
    let read = first?.value?.length ?? 0
    for (let next = await reader?.read(); next && !next.done; next = await reader?.read()) {
      expect(next.value.every((byte) => byte === 0x61)).toBe(true)
      read += next.value.length
    }
    expect(read).toBe(2 * size)
    expect(await until(() => files().length === (change === 'replace' ? 1 : 0), 5000)).toBe(true)
  }
  expect(t.faults).toEqual([])
})

test('parts that are sent again or aborted leave no bytes behind', async () => {
  await using t = await aStore()
  using s3 = clientOf(t)
  const at = { Bucket: t.bucket, Key: 'parts' }
  const files = () => readdirSync(path.join(t.dir, 'data'), { recursive: true }).filter((name) => name.length > 10)
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand(at))
  for (const Body of ['one', 'again', 'and again'])
    await s3.send(new UploadPartCommand({ ...at, UploadId, PartNumber: 1, Body }))
  expect(await until(() => files().length === 1, 5000)).toBe(true)
  const abort = presigned(t, { method: 'DELETE', target: `/${t.bucket}/parts?uploadId=${UploadId}` })
  expect(await sendRaw(t, abort)).toMatchObject({ status: 204 })
  expect(await until(() => files().length === 0, 5000)).toBe(true)
})
