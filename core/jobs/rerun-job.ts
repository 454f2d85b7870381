import type { Job } from '../../db/schema'
import { requireTo } from '../context'
import { DomainError, Invalid } from '../errors'
import type { JobId } from '../ids'
import { submissionOf } from './get-submission'
import { isTerminal } from './state'
import { type Changes, type Submission, type Submitted, submissionSchema } from './submission'
import { type SubmitCtx, submitJob } from './submit-job'
import { visibleJob } from './visible-job'

/**
 * Submits a job that is over once more, as it was or with changes; the two name each other in their events. Each call makes a job:
 * whoever asks twice without an Idempotency-Key gets two. Its last attempt may still drain, then the rerun waits for the box like any other job.
 * @throws NotFound; DomainError `forbidden`, `conflict` while the job lives; Invalid when a secret's value is missing, or when the
 *   changes do not fit the job; whatever submitJob throws
 */
export async function rerunJob(ctx: SubmitCtx, jobId: JobId, changes: Changes): Promise<Job> {
  const job = await visibleJob(ctx.db, ctx, jobId)
  requireTo(ctx, 'run')
  if (!isTerminal(job.state)) throw stillLives(job)
  return await submitJob(ctx, changed(await submissionOf(ctx, job), changes), jobId)
}

function stillLives({ id, state }: Job): DomainError {
  const message = `Job ${id} is ${state}; it can be rerun once it is over. Cancel it first, or submit another job.`
  return new DomainError('conflict', message, { jobId: id, state })
}

/** A field that is given takes the place of the job's own; another source takes the entry point with it. */
function changed({ secretNames, ...before }: Submitted, { secrets = {}, ...changes }: Changes): Submission {
  requireSecrets(secretNames, secrets)
  const given = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined))
  const { script, bundle, entry, ...rest } = before
  const source = changes.script ?? changes.bundle
  const kept = source === undefined ? { script, bundle, entry } : bundle && changes.bundle ? { entry } : {}
  const told = Object.fromEntries(Object.entries(secrets).filter(([, value]) => value !== null))
  const merged = submissionSchema.safeParse({ ...rest, ...kept, ...given, secrets: told })
  if (merged.success) return merged.data
  throw new Invalid(merged.error.issues.map(({ path, message }) => ({ path: path.map(String).join('.'), message })))
}

/** Values of secrets are forgotten when a job ends; a rerun without one would be another job, unless somebody says so. */
function requireSecrets(names: readonly string[], given: NonNullable<Changes['secrets']>): void {
  const missing = names.filter((name) => !Object.hasOwn(given, name))
  if (missing.length === 0) return
  const message = 'was forgotten when the job ended; give its value again, or null to run without it'
  throw new Invalid(missing.map((name) => ({ path: `secrets.${name}`, message })))
}
