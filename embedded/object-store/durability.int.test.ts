import { readdirSync } from 'node:fs'
import { request } from 'node:http'
import path from 'node:path'
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import { expect, test } from 'vitest'
import { until } from '../process'
import { aStoreProcess } from './testing/store'
import { clientOf } from './testing/subject'

test('what was acknowledged is there after kill -9, and what was half written leaves nothing', async () => {
  await using store = await aStoreProcess()
  using s3 = clientOf(store)
  const at = (Key: string) => ({ Bucket: store.bucket, Key })
  await s3.send(new PutObjectCommand({ ...at('kept'), Body: 'first' }))
  await s3.send(new PutObjectCommand({ ...at('kept'), Body: 'second' }))

  const url = await getSignedUrl(s3, new PutObjectCommand(at('half')), { expiresIn: 60 })
  const upload = request(url, { method: 'PUT', headers: { 'content-length': 10_000_000 } })
  const cut = new Promise((resolve) => upload.on('error', resolve))
  upload.write(Buffer.alloc(3_000_000, 'x'))
  const drafts = () => readdirSync(path.join(store.dir, 'tmp'))
  expect(await until(() => drafts().length === 1, 10_000)).toBe(true)
  await store.kill()
  await cut
  expect(drafts()).toHaveLength(1)

  await store.start()
  expect(drafts()).toEqual([])
  const got = await s3.send(new GetObjectCommand(at('kept')))
  expect(await got.Body?.transformToString()).toBe('second')
  await expect(s3.send(new GetObjectCommand(at('half')))).rejects.toMatchObject({ name: 'NoSuchKey' })
})
