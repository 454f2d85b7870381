import { sql } from 'kysely'
import { expect, test } from 'vitest'
import type { OrgId } from '../../core/ids'
import { changeRetention } from '../../core/retention/change-retention'
import { aBox, aJob, anOrg } from '../../core/testing/fixtures'
import { testDb } from '../../db/testing/database'
import { removeOld } from './remove-old'

test('each organisation loses what it said it keeps no longer, and one that said nothing keeps all of it', async () => {
  await using t = await testDb()
  const [forgets, remembers] = [await anOrg(t.db), await anOrg(t.db)]
  for (const ctx of [forgets, remembers]) {
    await aBox(ctx)
    await aJob(ctx, { state: 'completed' })
  }
  await t.db.deleteFrom('outbox').execute()
  await sql`update jobs set finished_at = finished_at - interval '8 days'`.execute(t.db)
  const jobsOf = async (orgId: OrgId) =>
    (await t.db.selectFrom('jobs').select('id').where('orgId', '=', orgId).execute()).length

  expect(await removeOld(t.db)).toBe(false)
  await changeRetention(forgets, { jobsDays: 9 })
  expect(await removeOld(t.db)).toBe(false)
  await changeRetention(forgets, { jobsDays: 7 })
  expect(await removeOld(t.db)).toBe(true) // there may be more
  expect(await removeOld(t.db)).toBe(false)
  expect([await jobsOf(forgets.orgId), await jobsOf(remembers.orgId)]).toEqual([0, 1])
})
