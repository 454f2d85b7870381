import type { Transaction } from 'kysely'
import type { Db } from '../../db/client'
import type { Database, Job } from '../../db/schema'
import type { Ctx } from '../context'
import { NotFound } from '../errors'
import type { JobId } from '../ids'

/** A job that the caller may see. @throws NotFound, also for another organisation's job: those do not exist */
export async function visibleJob(db: Db | Transaction<Database>, ctx: Ctx, jobId: JobId): Promise<Job> {
  const job = await db
    .selectFrom('jobs')
    .selectAll()
    .where('id', '=', jobId)
    .where('orgId', '=', ctx.orgId)
    .executeTakeFirst()
  if (!job) throw new NotFound('job', jobId)
  return job
}
