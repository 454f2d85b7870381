import { sql, type Transaction } from 'kysely'
import type { Database } from '../../db/schema'
import { type Keys, sealForJob, unsealForJob } from '../access/keys'
import type { JobId } from '../ids'
import { TERMINAL_STATES } from './state'

export type Secrets = Record<string, string>

/** Keeps a job's secrets, encrypted, until it is over. They are never read but for the answer to its claim. */
export async function keepSecrets(
  tx: Transaction<Database>,
  keys: Keys,
  jobId: JobId,
  secrets: Secrets,
): Promise<void> {
  if (Object.keys(secrets).length === 0) return
  await tx
    .insertInto('jobSecrets')
    .values({ jobId, sealed: sealForJob(keys, jobId, JSON.stringify(secrets)) })
    .execute()
}

/** The secrets of a job; `unreadable` when STOUT_SECRET is no longer the one that they were encrypted under. */
export async function readSecrets(
  tx: Transaction<Database>,
  keys: Keys,
  jobId: JobId,
): Promise<Secrets | 'unreadable'> {
  const job = await tx
    .selectFrom('jobs')
    .leftJoin('jobSecrets', 'jobSecrets.jobId', 'jobs.id')
    .select(['secretNames', 'sealed'])
    .where('jobs.id', '=', jobId)
    .executeTakeFirstOrThrow()
  if (job.secretNames.length === 0) return {}
  if (job.sealed === null) return 'unreadable'
  try {
    return JSON.parse(unsealForJob(keys, jobId, job.sealed)) as Secrets
  } catch {
    return 'unreadable'
  }
}

/** Forgets the secrets of those of the jobs that are over and have no open attempt. A job that waits again keeps its own. */
export async function dropSecrets(tx: Transaction<Database>, jobIds: JobId[]): Promise<void> {
  if (jobIds.length === 0) return
  await tx
    .deleteFrom('jobSecrets')
    .using('jobs')
    .whereRef('jobs.id', '=', 'jobSecrets.jobId')
    .where('jobs.id', 'in', jobIds)
    .where('jobs.state', 'in', TERMINAL_STATES)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('attempts')
            .select(sql`1`.as('one'))
            .whereRef('attempts.jobId', '=', 'jobs.id')
            .where('attempts.phase', '<>', 'closed'),
        ),
      ),
    )
    .execute()
}
