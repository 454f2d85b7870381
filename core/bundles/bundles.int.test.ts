import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { testDb } from '../../db/testing/database'
import type { Ctx } from '../context'
import { submissionSchema } from '../jobs/submission'
import { submitJob } from '../jobs/submit-job'
import { anOrg, KEYS, NO_STORE } from '../testing/fixtures'
import { aZip } from '../testing/zips'
import { getBundle } from './find-bundle'
import { keepBundle } from './keep-bundle'
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
