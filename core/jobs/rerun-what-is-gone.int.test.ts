import { DeleteObjectCommand } from '@aws-sdk/client-s3'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { testDb } from '../../db/testing/database'
import { aStore } from '../../embedded/object-store/testing/store'
import { keepBundle } from '../bundles/keep-bundle'
import { stageBundle } from '../bundles/stage-bundle'
import { removeOldJobs } from '../retention/remove-old'
import { anEndedJob, withDeps } from '../testing/ended-job'
import { aBox, aJob, anOrg, KEYS, someoneWaitsForALock } from '../testing/fixtures'
import { storeAt } from '../testing/uploads'
import { aZip } from '../testing/zips'
import { cancelJob } from './cancel-job'
import { getJob } from './get-job'
import { getSubmission } from './get-submission'
import { rerunJob } from './rerun-job'
import { type Changes, submissionSchema } from './submission'
import { submitJob } from './submit-job'

test('a bundle is kept by its hash, with its entry point; a script in its place has none', async () => {
  await using t = await testDb()
  const ctx = withDeps(await anOrg(t.db))
  const zip = await aZip({ 'main.py': '1', 'run.py': '2' })
  const inPieces = async function* () {
    yield zip
  }
  const { sha256: bundle } = await keepBundle(ctx, await stageBundle(ctx, inPieces()))
  const { id } = await submitJob(ctx, submissionSchema.parse({ bundle, entry: 'run.py' }))
  await cancelJob(ctx, id, '')
  const rerun = async (changes: Changes) => await getSubmission(ctx, (await rerunJob(ctx, id, changes)).id)
  expect(await rerun({})).toMatchObject({ bundle, entry: 'run.py' })
  expect(await rerun({ bundle })).toMatchObject({ bundle, entry: 'run.py' })
  expect(await rerun({ entry: 'main.py' })).toMatchObject({ bundle, entry: 'main.py' })
  expect(await rerun({ script: 'print(3)' })).toMatchObject({ script: 'print(3)', entry: 'main.py' })
  await expect(rerun({ entry: 'none.py' })).rejects.toMatchObject({ status: 422, issues: [{ path: 'bundle' }] })
})

test('a bundle whose bytes were removed from the store is told, not a store that is away', async () => {
  await using t = await testDb()
  await using s3 = await aStore()
  const ctx = { ...(await anOrg(t.db)), keys: KEYS, store: storeAt(s3.env) }
  const zip = await aZip({ 'main.py': '1', 'noise.bin': Buffer.alloc(1_500_000, 'x') }, { compress: false })
  const inPieces = async function* () {
    yield zip
  }
  const { sha256: bundle } = await keepBundle(ctx, await stageBundle(ctx, inPieces()))
  const { id } = await submitJob(ctx, submissionSchema.parse({ bundle }))
  await cancelJob(ctx, id, '')
  expect(await rerunJob(ctx, id, {})).toMatchObject({ bundleSha256: bundle })
  const { objectKey } = await t.db.selectFrom('bundles').select('objectKey').executeTakeFirstOrThrow()
  await ctx.store.client.send(new DeleteObjectCommand({ Bucket: ctx.store.bucket, Key: objectKey ?? '' }))
  await expect(rerunJob(ctx, id, {})).rejects.toMatchObject({
    ...{ status: 422, message: expect.stringContaining('no longer has the bundle') },
    issues: [{ path: 'bundle' }],
  })
})

test('a renamed box is found by its new name; another one in the place of a removed box by the old', async () => {
  await using t = await testDb()
  const ctx = withDeps(await anOrg(t.db))
  const boxId = await aBox(ctx, { name: 'bench' })
  const { id } = await aJob(ctx, { target: { box: 'bench' } })
  await cancelJob(ctx, id, '')
  await t.db.updateTable('boxes').set({ name: 'bench-2' }).where('id', '=', boxId).execute()
  expect(await rerunJob(ctx, id, {})).toMatchObject({ targetId: boxId, queueKey: 'box:bench-2' })
  await t.db.updateTable('boxes').set({ removedAt: new Date() }).where('id', '=', boxId).execute()
  await expect(rerunJob(ctx, id, {})).rejects.toMatchObject({ status: 422, issues: [{ path: 'target.box' }] })
  const successor = await aBox(ctx, { name: 'bench' })
  expect(await rerunJob(ctx, id, {})).toMatchObject({ targetId: successor })
})

test('retention removes the old job before its rerun, whose link is gone then', async () => {
  const { t, ctx, id, rerun } = await anEndedJob()
  await using _db = t
  const again = await rerun()
  await sql`update jobs set finished_at = now() - interval '40 days' where id = ${id}`.execute(t.db)
  await sql`delete from outbox`.execute(t.db)
  expect(await removeOldJobs(t.db, { orgId: ctx.orgId, days: 30 })).toBe(1)
  expect(await getJob(ctx, again, '')).toMatchObject({ rerunOf: null, state: 'queued' })
  await expect(rerun()).rejects.toMatchObject({ status: 404 })
})

test('a job that retention is just removing is not rerun, and one that is being rerun is not removed', async () => {
  const { t, ctx, id, rerun } = await anEndedJob()
  await using _db = t
  await sql`update jobs set finished_at = now() - interval '40 days' where id = ${id}`.execute(t.db)
  await sql`delete from outbox`.execute(t.db)
  const removing = await t.db.startTransaction().execute()
  await removing.deleteFrom('jobs').where('id', '=', id).execute()
  const late = rerun().catch((error: { status: number }) => error.status)
  await someoneWaitsForALock(t.db)
  await removing.rollback().execute()
  expect(await late).toMatch(/^job_/)
  expect(await removeOldJobs(t.db, { orgId: ctx.orgId, days: 30 })).toBe(0) // its event is still on its way
  await sql`delete from outbox`.execute(t.db)
  const again = await t.db.startTransaction().execute()
  await again.deleteFrom('jobs').where('id', '=', id).execute()
  const tooLate = rerun().catch((error: { status: number }) => error.status)
  await someoneWaitsForALock(t.db)
  await again.commit().execute()
  expect(await tooLate).toBe(404)
})
