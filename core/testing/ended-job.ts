import { testDb } from '../../db/testing/database'
import type { Ctx } from '../context'
import { cancelJob } from '../jobs/cancel-job'
import { rerunJob } from '../jobs/rerun-job'
import type { Changes, Submission } from '../jobs/submission'
import { aJob, anOrg, KEYS, NO_STORE } from './fixtures'

/** The context of a verb that submits, on a store that no test of it needs. */
export const withDeps = (ctx: Ctx) => ({ ...ctx, keys: KEYS, store: NO_STORE })

/** A job that was cancelled while it waited, on a database of its own, and the way to run it again. */
export async function anEndedJob(submission: Partial<Submission> = {}) {
  const t = await testDb()
  const ctx = withDeps(await anOrg(t.db))
  const { id } = await aJob(ctx, submission)
  await cancelJob(ctx, id, 'enough')
  const rerun = async (changes: Changes = {}) => (await rerunJob(ctx, id, changes)).id
  return { t, ctx, id, rerun }
}
