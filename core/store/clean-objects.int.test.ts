import { randomBytes } from 'node:crypto'
import {
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { skipFiles } from '../artifacts/skip-files'
import { someoneWaitsForALock } from '../testing/fixtures'
import { aJobWithFiles, PART_BYTES, send, storeAt, wanted } from '../testing/uploads'
import { cleanObjects } from './clean-objects'
import { keepObject, reserveObject } from './objects'

type Files = Awaited<ReturnType<typeof aJobWithFiles>>
const A_DAY = 86_400

/** Puts every object's row a while back. */
const age = ({ db }: Files, seconds: number) =>
  sql`update stored_objects set created_at = created_at - ${seconds} * interval '1 second',
    deleted_at = deleted_at - ${seconds} * interval '1 second'`.execute(db)

/** What really lies in the store. */
async function inStore({ store: { client, bucket: Bucket } }: Files) {
  const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket }))
  const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket }))
  return { objects: Contents.map(({ Key }) => Key), uploads: Uploads.length }
}

const put = ({ store: { client, bucket: Bucket } }: Files, Key: string) =>
  client.send(new PutObjectCommand({ Bucket, Key, Body: 'x' }))

test('an upload that was begun and never kept goes after a day, with its parts, and not before', async () => {
  await using j = await aJobWithFiles()
  const key = await reserveObject(j.db, j.ctx.orgId, 'bundles/x')
  await put(j, key)
  const { client, bucket: Bucket } = j.store
  await client.send(new CreateMultipartUploadCommand({ Bucket, Key: key })) // nobody wrote its id down
  await age(j, A_DAY - 60)
  expect(await cleanObjects(j.deps)).toBe(0)
  expect(await inStore(j)).toEqual({ objects: [key], uploads: 1 })
  await age(j, 60)
  expect(await cleanObjects(j.deps)).toBe(1)
  expect(await inStore(j)).toEqual({ objects: [], uploads: 0 })
})

test('what was dropped goes at once, and again a day later should a late request have made it anew', async () => {
  await using j = await aJobWithFiles()
  const large = randomBytes(PART_BYTES + 1)
  const [old, parts] = await j.begin(wanted('a', 'old'), wanted('b', large))
  await send(old, 'old')
  await send(parts, large)
  const unsent = { source: 'artifacts' as const, sizeBytes: 1, state: 'failed' as const, why: 'gone' }
  await skipFiles(j.db, j.ref, [{ ...unsent, path: 'b' }])
  await j.begin(wanted('a', 'new'))
  expect(await inStore(j)).toMatchObject({ objects: [expect.any(String)], uploads: 1 })
  expect(await cleanObjects(j.deps)).toBe(2)
  expect(await inStore(j)).toEqual({ objects: [], uploads: 0 })
  await send(old, 'old') // it was on its way
  expect(await cleanObjects(j.deps)).toBe(0)
  await age(j, A_DAY)
  expect(await cleanObjects(j.deps)).toBe(2)
  expect(await inStore(j)).toEqual({ objects: [], uploads: 0 })
  expect(await j.objects()).toMatchObject([{ state: 'pending' }])
})

test('what is kept, or is being uploaded for however long, stays', async () => {
  await using j = await aJobWithFiles()
  await j.upload('kept', 'x')
  const [begun] = await j.begin(wanted('slow', 'y'))
  await age(j, 10 * A_DAY)
  expect(await cleanObjects(j.deps)).toBe(0)
  expect(await j.confirm(await send(begun, 'y'))).toMatchObject([{ state: 'uploaded' }])
  await age(j, 10 * A_DAY)
  expect(await cleanObjects(j.deps)).toBe(0)
  expect((await inStore(j)).objects).toHaveLength(2)
})

test('the one who keeps comes first: the clean-up that met it leaves the object alone', async () => {
  await using j = await aJobWithFiles()
  const key = await reserveObject(j.db, j.ctx.orgId, 'bundles/x')
  await put(j, key)
  await age(j, A_DAY)
  const keeping = await j.db.startTransaction().execute()
  await keepObject(keeping, key)
  expect(await cleanObjects(j.deps)).toBe(0)
  await keeping.commit().execute()
  expect(await cleanObjects(j.deps)).toBe(0)
  expect((await inStore(j)).objects).toEqual([key])
})

test('the clean-up comes first: the one who wants to keep is told that the object is gone', async () => {
  await using j = await aJobWithFiles()
  const key = await reserveObject(j.db, j.ctx.orgId, 'bundles/x')
  await put(j, key)
  const cleaning = await j.db.startTransaction().execute()
  await cleaning.updateTable('storedObjects').set({ state: 'deleting' }).where('key', '=', key).execute()
  const keeping = j.db.transaction().execute((tx) => keepObject(tx, key))
  await someoneWaitsForALock(j.db)
  await cleaning.commit().execute()
  await expect(keeping).rejects.toMatchObject({ code: 'conflict' })
  expect(await cleanObjects(j.deps)).toBe(1)
  expect((await inStore(j)).objects).toEqual([])
})

test('two at once, and one that was killed between store and database, are harmless', async () => {
  await using j = await aJobWithFiles()
  const keys = await Promise.all(Array.from({ length: 30 }, () => reserveObject(j.db, j.ctx.orgId, 'bundles/x')))
  for (const key of keys.slice(0, 20)) await put(j, key) // the others were deleted already, and nobody wrote that down
  await age(j, A_DAY)
  await Promise.all([cleanObjects(j.deps), cleanObjects(j.deps)])
  expect((await inStore(j)).objects).toEqual([])
  expect((await j.objects()).every(({ deletedAt }) => deletedAt !== null)).toBe(true)
  await age(j, A_DAY)
  await Promise.all([cleanObjects(j.deps), cleanObjects(j.deps)])
  expect(await j.objects()).toEqual([])
})

test('while the store is away nothing is forgotten', async () => {
  await using j = await aJobWithFiles()
  await reserveObject(j.db, j.ctx.orgId, 'bundles/x')
  await age(j, A_DAY)
  const away = storeAt({ ...j.s3.env, S3_ENDPOINT: 'http://127.0.0.1:1' })
  await expect(cleanObjects({ db: j.db, store: away })).rejects.toMatchObject({ code: 'unavailable' })
  away.close()
  expect(await j.objects()).toMatchObject([{ state: 'deleting', deletedAt: null }])
  expect(await cleanObjects(j.deps)).toBe(1)
})
