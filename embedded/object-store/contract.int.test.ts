import { createHash } from 'node:crypto'
import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandInput,
  ListPartsCommand,
  PutObjectCommand,
  S3ServiceException,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import { describe, expect, test } from 'vitest'
import { aSubject, hasOtherS3 } from './testing/subject'

const sha256 = (data: string | Buffer) => createHash('sha256').update(data).digest('base64')
const codeOf = async (answer: Promise<unknown>) => {
  const error = await answer.catch((thrown: unknown) => thrown)
  return error instanceof S3ServiceException ? error.name : error
}

describe.each(hasOtherS3 ? (['embedded', 'other'] as const) : (['embedded'] as const))('%s', (which) => {
  test('an object comes back as it was put, with its headers and checksum, and is gone once deleted', async () => {
    await using t = await aSubject(which)
    const at = { Bucket: t.bucket, Key: `${t.prefix}a key, with (odd) chars+and ümläuts/~'!*.txt` }
    const body = 'hello\n'
    const put = await t.s3.send(
      new PutObjectCommand({
        ...at,
        Body: body,
        ContentType: 'text/plain; charset=utf-8',
        ContentDisposition: 'attachment; filename="a.txt"',
        CacheControl: 'max-age=60',
        Metadata: { job: 'job_1' },
        ChecksumSHA256: sha256(body),
      }),
    )
    expect(put.ETag).toBe(`"${createHash('md5').update(body).digest('hex')}"`)
    expect(put.ChecksumSHA256).toBe(sha256(body))

    const got = await t.s3.send(new GetObjectCommand({ ...at, ChecksumMode: 'ENABLED' }))
    expect(await got.Body?.transformToString()).toBe(body)
    const told = {
      ContentType: 'text/plain; charset=utf-8',
      ContentDisposition: 'attachment; filename="a.txt"',
      CacheControl: 'max-age=60',
      ContentLength: 6,
      Metadata: { job: 'job_1' },
      ETag: put.ETag,
      ChecksumSHA256: sha256(body),
      ChecksumType: 'FULL_OBJECT',
    }
    expect(got).toMatchObject(told)
    expect(await t.s3.send(new HeadObjectCommand({ ...at, ChecksumMode: 'ENABLED' }))).toMatchObject(told)
    expect((await t.s3.send(new HeadObjectCommand(at))).ChecksumSHA256).toBeUndefined()

    await t.s3.send(new DeleteObjectCommand(at))
    expect(await codeOf(t.s3.send(new GetObjectCommand(at)))).toBe('NoSuchKey')
    expect(await codeOf(t.s3.send(new HeadObjectCommand(at)))).toBe('NotFound')
    await t.s3.send(new DeleteObjectCommand(at)) // once more is no error
  })

  test('whoever has a presigned URL can put and get exactly that, with exactly those headers', async () => {
    await using t = await aSubject(which)
    const at = { Bucket: t.bucket, Key: `${t.prefix}presigned` }
    const body = 'by URL'
    const put = new PutObjectCommand({ ...at, ContentLength: body.length, ChecksumSHA256: sha256(body) })
    const url = await getSignedUrl(t.s3, put, {
      expiresIn: 60,
      unhoistableHeaders: new Set(['x-amz-checksum-sha256']),
      signableHeaders: new Set(['content-length', 'host']),
    })
    const send = (headers: Record<string, string>, text = body) => fetch(url, { method: 'PUT', body: text, headers })
    const good = { 'x-amz-checksum-sha256': sha256(body) }
    expect((await send({})).status).toBe(403)
    expect((await send({ 'x-amz-checksum-sha256': sha256('other') })).status).toBe(403)
    expect((await send(good, 'by Url')).status).toBe(400)
    expect((await send(good, 'by URL and more')).status).toBe(403)
    expect((await send(good)).status).toBe(200)

    const get = new GetObjectCommand({
      ...at,
      ResponseContentDisposition: 'attachment; filename="x.bin"',
      ResponseContentType: 'application/x-test',
    })
    const answer = await fetch(await getSignedUrl(t.s3, get, { expiresIn: 60 }))
    expect(await answer.text()).toBe(body)
    expect(answer.headers.get('content-disposition')).toBe('attachment; filename="x.bin"')
    expect(answer.headers.get('content-type')).toBe('application/x-test')
  })

  test('parts of any order make one object with a composite checksum; what was not named is gone', async () => {
    await using t = await aSubject(which)
    const at = { Bucket: t.bucket, Key: `${t.prefix}multipart` }
    const parts = [Buffer.alloc(5 * 1024 * 1024, 'a'), Buffer.alloc(5 * 1024 * 1024, 'b'), Buffer.from('the end')]
    const { UploadId } = await t.s3.send(
      new CreateMultipartUploadCommand({ ...at, ChecksumAlgorithm: 'SHA256', ContentType: 'text/x-parts' }),
    )
    const upload = { ...at, UploadId }
    const send = async (n: number, Body: Buffer) =>
      await t.s3.send(new UploadPartCommand({ ...upload, PartNumber: n, Body, ChecksumSHA256: sha256(Body) }))
    const etags = new Map<number, string | undefined>()
    for (const n of [3, 1, 2]) etags.set(n, (await send(n, parts[n - 1] ?? Buffer.alloc(0))).ETag)
    await send(4, Buffer.from('not named'))
    const named = parts.map((part, i) => ({ PartNumber: i + 1, ETag: etags.get(i + 1), ChecksumSHA256: sha256(part) }))
    const complete = (Parts: CompletedPart[]) =>
      t.s3.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts } }))

    const listed = await t.s3.send(new ListPartsCommand(upload))
    expect(listed.Parts?.map(({ PartNumber, Size }) => [PartNumber, Size])).toEqual([
      [1, 5 * 1024 * 1024],
      [2, 5 * 1024 * 1024],
      [3, 7],
      [4, 9],
    ])
    const uploads = await t.s3.send(new ListMultipartUploadsCommand({ Bucket: t.bucket, Prefix: t.prefix }))
    expect(uploads.Uploads?.map((one) => [one.Key, one.UploadId])).toEqual([[at.Key, UploadId]])

    expect(await codeOf(complete([...named].reverse()))).toBe('InvalidPartOrder')
    expect(await codeOf(complete(named.map((part) => ({ ...part, ETag: etags.get(3) }))))).toBe('InvalidPart')
    expect(await codeOf(complete(named.map((part) => ({ ...part, ChecksumSHA256: sha256('x') }))))).toBe('InvalidPart')
    expect(await codeOf(complete([...named, { ...named[2], PartNumber: 9 }]))).toBe('InvalidPart')

    const composite = createHash('sha256')
    for (const part of parts) composite.update(createHash('sha256').update(part).digest())
    const expected = `${composite.digest('base64')}-3`
    const done = await complete(named)
    expect(done).toMatchObject({ ChecksumSHA256: expected, ChecksumType: 'COMPOSITE' })
    expect(done.ETag).toMatch(/^"[0-9a-f]{32}-3"$/)
    const head = await t.s3.send(new HeadObjectCommand({ ...at, ChecksumMode: 'ENABLED' }))
    const told = { ChecksumSHA256: expected, ChecksumType: 'COMPOSITE', ContentType: 'text/x-parts', ETag: done.ETag }
    expect(head).toMatchObject({ ...told, ContentLength: 10 * 1024 * 1024 + 7 })
    const got = await t.s3.send(new GetObjectCommand(at))
    expect(Buffer.from((await got.Body?.transformToByteArray()) ?? []).equals(Buffer.concat(parts))).toBe(true)
    const across = { ...at, Range: `bytes=${5 * 1024 * 1024 - 2}-${5 * 1024 * 1024 + 1}` }
    expect(await (await t.s3.send(new GetObjectCommand(across))).Body?.transformToString()).toBe('aabb')
    expect(await codeOf(send(1, Buffer.from('late')))).toBe('NoSuchUpload')
  })

  test('an aborted upload leaves nothing', async () => {
    await using t = await aSubject(which)
    const at = { Bucket: t.bucket, Key: `${t.prefix}aborted` }
    const { UploadId } = await t.s3.send(new CreateMultipartUploadCommand(at))
    await t.s3.send(new UploadPartCommand({ ...at, UploadId, PartNumber: 1, Body: 'part' }))
    await t.s3.send(new AbortMultipartUploadCommand({ ...at, UploadId }))
    expect(await codeOf(t.s3.send(new ListPartsCommand({ ...at, UploadId })))).toBe('NoSuchUpload')
    expect(await codeOf(t.s3.send(new GetObjectCommand(at)))).toBe('NoSuchKey')
    const left = await t.s3.send(new ListMultipartUploadsCommand({ Bucket: t.bucket, Prefix: t.prefix }))
    expect(left.Uploads ?? []).toEqual([])
  })

  test('objects are listed by the bytes of their keys, in pages, below a prefix, rolled up at a delimiter', async () => {
    await using t = await aSubject(which)
    const names = ['a', 'a/1', 'a/2', 'a0', 'b&<>"', 'b/c/1', 'b/c/2', 'b/d', 'é', '\u{ff5e}', '\u{10000}']
    for (const name of names)
      await t.s3.send(new PutObjectCommand({ Bucket: t.bucket, Key: t.prefix + name, Body: name }))
    const list = async (query: Partial<ListObjectsV2CommandInput>) => {
      const found: string[] = []
      let pages = 0
      let ContinuationToken: string | undefined
      do {
        const more = ContinuationToken && { ContinuationToken }
        const command = { Bucket: t.bucket, Prefix: t.prefix, ...query, ...more }
        const page = await t.s3.send(new ListObjectsV2Command(command))
        const objects = page.Contents?.map(({ Key }) => Key ?? '') ?? []
        const prefixes = page.CommonPrefixes?.map(({ Prefix }) => `${Prefix}…`) ?? []
        expect(page.KeyCount).toBe(objects.length + prefixes.length)
        found.push(...[...objects, ...prefixes].map((name) => name.slice(t.prefix.length)))
        pages += 1
        ContinuationToken = page.NextContinuationToken
        expect(page.IsTruncated).toBe(ContinuationToken !== undefined)
      } while (ContinuationToken)
      return { found, pages }
    }
    expect(await list({})).toEqual({ found: names, pages: 1 })
    expect(await list({ MaxKeys: 2 })).toEqual({ found: names, pages: 6 })
    expect((await list({ StartAfter: `${t.prefix}b/c/1` })).found).toEqual(names.slice(6))
    expect((await list({ Prefix: `${t.prefix}b/` })).found).toEqual(['b/c/1', 'b/c/2', 'b/d'])
    const rolled = ['a', 'a/…', 'a0', 'b&<>"', 'b/…', 'é', '\u{ff5e}', '\u{10000}']
    expect((await list({ Delimiter: '/' })).found.sort()).toEqual([...rolled].sort())
    expect(await list({ Delimiter: '/', MaxKeys: 1 })).toEqual({ found: rolled, pages: 8 })
    expect((await list({ Delimiter: '/', Prefix: `${t.prefix}b/` })).found).toEqual(['b/d', 'b/c/…'])
  })

  test('a batch removes what it names, and says so', async () => {
    await using t = await aSubject(which)
    const keys = ['1', '2 & <3>', '4'].map((name) => t.prefix + name)
    for (const Key of keys) await t.s3.send(new PutObjectCommand({ Bucket: t.bucket, Key, Body: 'x' }))
    const Objects = [...keys.slice(0, 2), `${t.prefix}never there`].map((Key) => ({ Key }))
    const { Deleted, Errors } = await t.s3.send(new DeleteObjectsCommand({ Bucket: t.bucket, Delete: { Objects } }))
    expect(Deleted?.map(({ Key }) => Key).sort()).toEqual(Objects.map(({ Key }) => Key).sort())
    expect(Errors ?? []).toEqual([])
    const left = await t.s3.send(new ListObjectsV2Command({ Bucket: t.bucket, Prefix: t.prefix }))
    expect(left.Contents?.map(({ Key }) => Key)).toEqual(keys.slice(2))
  })

  test('a copy has the bytes and headers of its source, or new headers', async () => {
    await using t = await aSubject(which)
    const source = `${t.prefix}source ü+`
    const put = { Bucket: t.bucket, Key: source, Body: 'copied', ContentType: 'text/a', Metadata: { a: '1' } }
    await t.s3.send(new PutObjectCommand(put))
    const copy = { Bucket: t.bucket, CopySource: `${t.bucket}/${encodeURIComponent(source)}` }
    await t.s3.send(new CopyObjectCommand({ ...copy, Key: `${t.prefix}same` }))
    const changed = { MetadataDirective: 'REPLACE', ContentType: 'text/b', Metadata: { b: '2' } } as const
    await t.s3.send(new CopyObjectCommand({ ...copy, ...changed, Key: `${t.prefix}changed` }))
    const read = async (name: string) => {
      const got = await t.s3.send(new GetObjectCommand({ Bucket: t.bucket, Key: t.prefix + name }))
      return [await got.Body?.transformToString(), got.ContentType, got.Metadata]
    }
    expect(await read('same')).toEqual(['copied', 'text/a', { a: '1' }])
    expect(await read('changed')).toEqual(['copied', 'text/b', { b: '2' }])
    const missing = { ...copy, CopySource: `${t.bucket}/${t.prefix}none`, Key: `${t.prefix}x` }
    expect(await codeOf(t.s3.send(new CopyObjectCommand(missing)))).toBe('NoSuchKey')
  })

  test('buckets are listed', async () => {
    await using t = await aSubject(which)
    const { Buckets } = await t.s3.send(new ListBucketsCommand())
    expect(Buckets?.map(({ Name }) => Name)).toContain(t.bucket)
  })
})
