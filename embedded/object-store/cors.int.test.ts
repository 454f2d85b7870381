import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import { expect, test } from 'vitest'
import { presigned } from './testing/raw'
import { aStore } from './testing/store'
import { clientOf } from './testing/subject'

const APP = 'http://localhost:3000'

test('pages of the application may upload and read what they need of the answer; others may not', async () => {
  await using t = await aStore({ allowedOrigins: [APP] })
  using s3 = clientOf(t)
  const url = t.endpoint + presigned(t, { method: 'PUT', target: `/${t.bucket}/x` }).target
  const ask = async (origin: string, method = 'PUT') =>
    await fetch(url, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': method,
        'access-control-request-headers': 'content-type,x-amz-checksum-sha256',
      },
    })
  const allowed = await ask(APP)
  expect(allowed.status).toBe(200)
  expect(Object.fromEntries(allowed.headers)).toMatchObject({
    'access-control-allow-origin': APP,
    'access-control-allow-methods': expect.stringContaining('PUT'),
    'access-control-allow-headers': 'content-type,x-amz-checksum-sha256',
    vary: expect.stringContaining('Origin'),
  })
  const refused = [await ask('http://evil.example'), await ask('null'), await ask(APP, 'TRACE')]
  expect(refused.map(({ status }) => status)).toEqual([403, 403, 403])
  expect(refused[0]?.headers.get('access-control-allow-origin')).toBe(null)

  const put = await fetch(url, { method: 'PUT', body: 'x', headers: { origin: APP } })
  expect(put.status).toBe(200)
  expect(put.headers.get('access-control-allow-origin')).toBe(APP)
  const exposed = put.headers.get('access-control-expose-headers')?.split(', ') ?? []
  expect(exposed).toEqual(expect.arrayContaining(['ETag', 'Content-Range', 'x-amz-checksum-sha256']))
  const get = await getSignedUrl(s3, new GetObjectCommand({ Bucket: t.bucket, Key: 'x' }))
  const elsewhere = await fetch(get, { headers: { origin: 'http://evil.example' } })
  expect(elsewhere.headers.get('access-control-allow-origin')).toBe(null)
  const denied = await fetch(`${t.endpoint}/${t.bucket}/x`, { headers: { origin: APP } })
  expect(denied.status).toBe(403)
  expect(denied.headers.get('access-control-allow-origin')).toBe(APP) // the page may read why
})

test('what an object holds can not act as a page of the host', async () => {
  await using t = await aStore()
  using s3 = clientOf(t)
  const at = { Bucket: t.bucket, Key: 'page.html' }
  await s3.send(new PutObjectCommand({ ...at, Body: '<script>alert(1)</script>', ContentType: 'text/html' }))
  const { headers } = await fetch(await getSignedUrl(s3, new GetObjectCommand(at)))
  expect(headers.get('content-security-policy')).toBe('sandbox')
  expect(headers.get('x-content-type-options')).toBe('nosniff')
})
