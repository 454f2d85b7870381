import type { Job } from '../../db/schema'
import { type Ctx, requireTo } from '../context'
import type { JobId } from '../ids'
import { targetOf } from './job-view'
import type { Submitted, Target } from './submission'
import { visibleJob } from './visible-job'

/**
 * What a job was submitted as, script and environment and all, but for the values of its secrets: to submit it again. For those who
 * may. @throws NotFound; DomainError `forbidden`
 */
export async function getSubmission(ctx: Ctx, jobId: JobId): Promise<Submitted> {
  const job = await visibleJob(ctx.db, ctx, jobId)
  requireTo(ctx, 'run')
  return await submissionOf(ctx, job)
}

/** The submission that a job was made of. */
export async function submissionOf(ctx: Ctx, job: Job): Promise<Submitted> {
  const { name, entry, args, env, secretNames, labels, requires } = job
  const { timeoutSeconds, queueTimeoutSeconds, graceSeconds, noOutputTimeoutSeconds } = job
  const bundle = await ctx.db
    .selectFrom('bundles')
    .select(['kind', 'inline'])
    .where('orgId', '=', job.orgId)
    .where('sha256', '=', job.bundleSha256)
    .executeTakeFirstOrThrow() // it is kept for as long as a job names it
  return {
    ...{ name, entry, args, env, secretNames, labels, requires, target: await targetNow(ctx, job) },
    ...(bundle.kind === 'zip' ? { bundle: job.bundleSha256 } : { script: bundle.inline?.toString('utf8') ?? '' }),
    artifacts: { globs: job.artifactGlobs, lagerOutput: job.lagerOutput },
    ...{ timeoutSeconds, queueTimeoutSeconds, graceSeconds, noOutputTimeoutSeconds },
  }
}

/** The target by the name that it has now; by the one that it had where it was removed: another one may have taken its place. */
async function targetNow({ db, orgId }: Ctx, job: Job): Promise<Target> {
  const { targetKind: kind, targetId } = job
  if (kind === 'any' || targetId === null) return { any: true }
  const named = (table: 'boxes' | 'groups') =>
    db
      .selectFrom(table)
      .select('name')
      .where('orgId', '=', orgId)
      .where('id', '=', targetId as never)
  const found = await (kind === 'box'
    ? named('boxes').where('removedAt', 'is', null)
    : named('groups')
  ).executeTakeFirst()
  if (!found) return targetOf(job)
  return kind === 'box' ? { box: found.name } : { group: found.name }
}
