import { createHash, randomBytes } from 'node:crypto'
import { DeleteObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3'
import { sql, type Transaction } from 'kysely'
import { expect, test } from 'vitest'
import type { Db } from '../../db/client'
import type { Database } from '../../db/schema'
import { testDb } from '../../db/testing/database'
import { aStore } from '../../embedded/object-store/testing/store'
import type { Ctx } from '../context'
import { submissionSchema } from '../jobs/submission'
import { submitJob } from '../jobs/submit-job'
import { keepObject } from '../store/objects'
import { anOrg, KEYS, NO_STORE, someoneWaitsForALock } from '../testing/fixtures'
import { storeAt } from '../testing/uploads'
import { aZip } from '../testing/zips'
import { getBundle } from './find-bundle'
import { keepBundle } from './keep-bundle'
import { holdBundle, putBundle } from './put-bundle'
import { stageBundle } from './stage-bundle'

const inPieces = async function* (bytes: Buffer, size = 1_000) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}
const withDeps = (ctx: Ctx) => ({ ...ctx, keys: KEYS, store: NO_STORE })

test('a small bundle is kept in the database, once for the same bytes, and only for its organisation', async () => {
  await using t = await testDb()
  const [ada, eve] = [withDeps(await anOrg(t.db)), withDeps(await anOrg(t.db))]
  const zip = await aZip({ 'main.py': 'print(1)', 'data/a.txt': 'a' })
  const sha256 = createHash('sha256').update(zip).digest('hex')
  const upload = async (ctx: typeof ada) => await keepBundle(ctx, await stageBundle(ctx, inPieces(zip)))
  expect(await upload(ada)).toEqual({ sha256, sizeBytes: zip.length, entries: 2, isNew: true })
  expect(await upload(ada)).toMatchObject({ sha256, isNew: false })
  expect(await t.db.selectFrom('bundles').selectAll().execute()).toMatchObject([
    { sha256, kind: 'zip', inline: zip, objectKey: null },
  ])
  expect(await getBundle(ada, sha256)).toMatchObject({ sha256, sizeBytes: zip.length })
  await expect(getBundle(eve, sha256)).rejects.toMatchObject({ status: 404 })
  const job = submissionSchema.parse({ bundle: sha256 })
  expect(await submitJob(ada, job)).toMatchObject({ bundleSha256: sha256, entry: 'main.py' })
  await expect(submitJob(eve, job)).rejects.toMatchObject({ status: 422, issues: [{ path: 'bundle' }] })
})

const large = () => aZip({ 'main.py': 'print(1)', 'noise.bin': randomBytes(1_500_000) }, { compress: false })

test('the same bytes uploaded twice at once end as one bundle and one object', async () => {
  await using t = await testDb()
  await using s3 = await aStore()
  const ctx = { ...(await anOrg(t.db)), keys: KEYS, store: storeAt(s3.env) }
  const zip = await large()
  const [one, two] = await Promise.all([stageBundle(ctx, inPieces(zip)), stageBundle(ctx, inPieces(zip))])
  expect(one.objectKey).not.toBe(two.objectKey)
  const { sha256, sizeBytes, objectKey } = one
  const first = await t.db.startTransaction().execute()
  await putBundle(first, { orgId: ctx.orgId, sha256, kind: 'zip', sizeBytes, inline: null, objectKey })
  await keepObject(first, objectKey ?? '')
  const second = keepBundle(ctx, two)
  await someoneWaitsForALock(t.db)
  await first.commit().execute()
  expect(await second).toMatchObject({ sha256, isNew: false })
  expect(await t.db.selectFrom('bundles').select('objectKey').execute()).toEqual([{ objectKey }])
  expect(await t.db.selectFrom('storedObjects').select('key').execute()).toEqual([{ key: objectKey }])
  const { Contents } = await ctx.store.client.send(new ListObjectsV2Command({ Bucket: ctx.store.bucket }))
  expect(Contents?.map(({ Key }) => Key)).toEqual([objectKey])
})

test('a bundle whose bytes the store has lost counts as not there, and the same bytes uploaded again mend it', async () => {
  await using t = await testDb()
  await using s3 = await aStore()
  const ctx = { ...(await anOrg(t.db)), keys: KEYS, store: storeAt(s3.env) }
  const zip = await large()
  const upload = async () => await keepBundle(ctx, await stageBundle(ctx, inPieces(zip)))
  const { sha256 } = await upload()
  const keyOf = async () => (await t.db.selectFrom('bundles').select('objectKey').executeTakeFirst())?.objectKey ?? ''
  const lostKey = await keyOf()
  await ctx.store.client.send(new DeleteObjectCommand({ Bucket: ctx.store.bucket, Key: lostKey }))
  await expect(getBundle(ctx, sha256)).rejects.toMatchObject({ status: 404 })
  const job = submissionSchema.parse({ bundle: sha256 })
  await expect(submitJob(ctx, job)).rejects.toMatchObject({
    status: 422,
    message: expect.stringContaining('Upload it again'),
  })

  const [one, two] = await Promise.all([upload(), upload()])
  expect([one.isNew, two.isNew].sort()).toEqual([false, true])
  expect(await keyOf()).not.toBe(lostKey)
  expect(await t.db.selectFrom('storedObjects').select(['key', 'state']).orderBy('state').execute()).toEqual([
    { key: lostKey, state: 'deleting' },
    { key: await keyOf(), state: 'kept' },
  ])
  expect(await getBundle(ctx, sha256)).toMatchObject({ sha256, sizeBytes: zip.length })
  expect(await submitJob(ctx, job)).toMatchObject({ bundleSha256: sha256 })
})

/** What a sweep does with a bundle that no job uses. */
const sweep = (db: Db | Transaction<Database>) =>
  db
    .deleteFrom('bundles')
    .where(({ not, exists, selectFrom }) =>
      not(exists(selectFrom('jobs').select('id').whereRef('jobs.bundleSha256', '=', 'bundles.sha256'))),
    )
    .execute()

test('a bundle that is swept while a job is submitted: the submission says that it must be uploaded again', async () => {
  await using t = await testDb()
  const ctx = withDeps(await anOrg(t.db))
  const { sha256 } = await keepBundle(ctx, await stageBundle(ctx, inPieces(await aZip({ 'main.py': '1' }))))
  const sweeping = await t.db.startTransaction().execute()
  await sweep(sweeping)
  const submitted = submitJob(ctx, submissionSchema.parse({ bundle: sha256 })).catch((error: unknown) => error)
  await someoneWaitsForALock(t.db)
  await sweeping.commit().execute()
  expect(await submitted).toMatchObject({ status: 422, message: expect.stringContaining('Upload it') })
})

test('a sweep waits for the submission that holds a bundle', async () => {
  await using t = await testDb()
  const ctx = withDeps(await anOrg(t.db))
  const { sha256 } = await keepBundle(ctx, await stageBundle(ctx, inPieces(await aZip({ 'main.py': '1' }))))
  const submitting = await t.db.startTransaction().execute()
  expect(await holdBundle(submitting, ctx.orgId, sha256)).toBe('zip')
  const sweeping = sweep(t.db).catch((error: unknown) => error)
  await someoneWaitsForALock(t.db)
  await submitting.commit().execute()
  await sweeping
})

test('a bundle counts as used when a job or an upload names it', async () => {
  await using t = await testDb()
  const ctx = withDeps(await anOrg(t.db))
  const zip = await aZip({ 'main.py': '1' })
  const upload = async () => await keepBundle(ctx, await stageBundle(ctx, inPieces(zip)))
  const { sha256 } = await upload()
  const isFresh = async () => {
    const fresh = sql<boolean>`last_used_at > now() - interval '1 minute'`.as('fresh')
    return (await t.db.selectFrom('bundles').select(fresh).executeTakeFirstOrThrow()).fresh
  }
  for (const name of [upload, () => submitJob(ctx, submissionSchema.parse({ bundle: sha256 }))]) {
    await sql`update bundles set last_used_at = now() - interval '20 hours'`.execute(t.db)
    expect(await isFresh()).toBe(false)
    await name()
    expect(await isFresh()).toBe(true)
  }
})

test('a store that is away is said as it is, and what an upload left is known for a sweep', async () => {
  await using t = await testDb()
  const ctx = withDeps(await anOrg(t.db)) // nothing answers there
  await expect(stageBundle(ctx, inPieces(await large()))).rejects.toMatchObject({ status: 503, code: 'unavailable' })
  expect(await t.db.selectFrom('storedObjects').select('state').execute()).toEqual([{ state: 'deleting' }])
})

test('a zip whose bytes are known as a script, and the other way round, is refused in words', async () => {
  await using t = await testDb()
  const ctx = withDeps(await anOrg(t.db))
  const zip = await aZip({ 'main.py': '1' })
  const upload = async () => await keepBundle(ctx, await stageBundle(ctx, inPieces(zip)))
  await upload()
  await t.db.updateTable('bundles').set({ kind: 'script' }).execute()
  await expect(upload()).rejects.toMatchObject({ status: 422, issues: [{ path: 'bundle' }] })
  const job = submissionSchema.parse({ script: 'print(1)' })
  await submitJob(ctx, job)
  await t.db.updateTable('bundles').set({ kind: 'zip' }).execute()
  await expect(submitJob(ctx, job)).rejects.toMatchObject({ status: 422, issues: [{ path: 'script' }] })
})
