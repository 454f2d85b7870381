import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { testDb } from '../../db/testing/database'
import { submissionSchema } from '../jobs/submission'
import { submitJob } from '../jobs/submit-job'
import { reserveObject } from '../store/objects'
import { anOrg, KEYS, NO_STORE, someoneWaitsForALock } from '../testing/fixtures'
import { sha256Of } from '../testing/uploads'
import { aZip } from '../testing/zips'
import { dropUnusedBundles } from './drop-unused-bundles'
import { keepBundle } from './keep-bundle'
import { holdBundle, putBundle } from './put-bundle'
import { stageBundle } from './stage-bundle'

/** An organisation with a bundle that nobody has named for a day. */
async function anUnusedBundle() {
  const t = await testDb()
  const ctx = { ...(await anOrg(t.db)), keys: KEYS, store: NO_STORE }
  const upload = async (source: string) => {
    const zip = await aZip({ 'main.py': source })
    const pieces = async function* () {
      yield zip
    }
    return (await keepBundle(ctx, await stageBundle(ctx, pieces()))).sha256
  }
  const sha256 = await upload('print(1)')
  const age = () => sql`update bundles set last_used_at = last_used_at - interval '1 day'`.execute(t.db)
  await age()
  const left = async () => (await t.db.selectFrom('bundles').select('sha256').execute()).map((row) => row.sha256)
  return { t, ctx, sha256, upload, age, left, [Symbol.asyncDispose]: () => t[Symbol.asyncDispose]() }
}

test('a bundle that no job names goes a day after it was last named, and its object is dropped with it', async () => {
  await using b = await anUnusedBundle()
  const objectKey = await reserveObject(b.ctx.db, b.ctx.orgId, 'bundles/x')
  await b.ctx.db.updateTable('storedObjects').set({ state: 'kept' }).execute()
  await b.ctx.db.updateTable('bundles').set({ inline: null, objectKey }).execute()
  const recent = await b.upload('print(2)')
  const used = await b.upload('print(3)')
  await submitJob(b.ctx, submissionSchema.parse({ bundle: used }))
  await b.ctx.db
    .updateTable('bundles')
    .set({ lastUsedAt: new Date(0) })
    .where('sha256', '=', used)
    .execute()
  expect(await dropUnusedBundles(b.ctx.db)).toBe(1)
  expect((await b.left()).sort()).toEqual([recent, used].sort())
  expect(await b.ctx.db.selectFrom('storedObjects').select(['key', 'state']).execute()).toEqual([
    { key: objectKey, state: 'deleting' },
  ])
  await b.age()
  expect(await dropUnusedBundles(b.ctx.db)).toBe(1)
  expect(await b.left()).toEqual([used])
})

test('a submission that names it comes first: the bundle stays', async () => {
  await using b = await anUnusedBundle()
  const submitting = await b.ctx.db.startTransaction().execute()
  await submitting.selectFrom('bundles').select('sha256').where('sha256', '=', b.sha256).forKeyShare().execute()
  expect(await dropUnusedBundles(b.ctx.db), 'while it is held').toBe(0)
  expect(await holdBundle(submitting, b.ctx.orgId, b.sha256)).toBe('zip')
  await submitting.commit().execute()
  expect(await dropUnusedBundles(b.ctx.db), 'it was named a moment ago').toBe(0)
  expect(await b.left()).toEqual([b.sha256])
})

test('the clean-up comes first: a submission that names the bundle learns that it is gone', async () => {
  await using b = await anUnusedBundle()
  const cleaning = await b.ctx.db.startTransaction().execute()
  await cleaning.deleteFrom('bundles').execute()
  const submitted = submitJob(b.ctx, submissionSchema.parse({ bundle: b.sha256 })).catch((error: unknown) => error)
  await someoneWaitsForALock(b.ctx.db)
  await cleaning.commit().execute()
  expect(await submitted).toMatchObject({ status: 422, issues: [{ path: 'bundle' }] })
})

test('the clean-up comes first: a script that was submitted before is stored anew', async () => {
  await using b = await anUnusedBundle()
  const script = submissionSchema.parse({ script: 'print("s")' })
  const inline = Buffer.from('print("s")')
  const [sha256, facts] = [sha256Of(inline), { kind: 'script', sizeBytes: inline.length, objectKey: null } as const]
  await b.ctx.db.transaction().execute((tx) => putBundle(tx, { orgId: b.ctx.orgId, sha256, inline, ...facts }))
  const cleaning = await b.ctx.db.startTransaction().execute()
  await cleaning.deleteFrom('bundles').execute()
  const submitted = submitJob(b.ctx, script)
  await someoneWaitsForALock(b.ctx.db)
  await cleaning.commit().execute()
  expect(await submitted).toMatchObject({ state: 'queued', bundleSha256: sha256 })
  expect(await b.left()).toEqual([sha256])
})
