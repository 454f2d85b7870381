import { type SelectQueryBuilder, sql } from 'kysely'
import type { Db } from '../../db/client'
import type { Database } from '../../db/schema'
import type { OrgId } from '../ids'

/** One organisation, and the days for which it keeps something. */
export type Keeps = { orgId: OrgId; days: number }

type Jobs = SelectQueryBuilder<Database, 'jobs', object>

/**
 * Jobs that ended longer ago than that, with every attempt closed. A job that others name as their parent stays as long as they
 * do, and one whose events are still on their way stays until they have arrived.
 */
export function dueJobs(db: Pick<Db, 'selectFrom'>, keeps: Keeps): Jobs {
  return ended(db, keeps)
    .where(({ not, exists, selectFrom }) =>
      not(exists(selectFrom('jobs as child').select('child.id').whereRef('child.parentId', '=', 'jobs.id'))),
    )
    .where(({ not, exists, selectFrom }) =>
      not(exists(selectFrom('outbox').select('seq').whereRef('outbox.subject', '=', 'jobs.id'))),
    )
}

/** Jobs that ended longer ago than that, and whose log has not been removed. */
export function jobsWithDueLog(db: Pick<Db, 'selectFrom'>, keeps: Keeps): Jobs {
  return ended(db, keeps).where('jobs.logRemovedAt', 'is', null)
}

function ended(db: Pick<Db, 'selectFrom'>, { orgId, days }: Keeps): Jobs {
  return db
    .selectFrom('jobs')
    .where('jobs.orgId', '=', orgId)
    .where('jobs.finishedAt', '<', sql<Date>`now() - ${days} * interval '1 day'`)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('attempts')
            .select('attempts.attempt')
            .whereRef('attempts.jobId', '=', 'jobs.id')
            .where('attempts.phase', '<>', 'closed'),
        ),
      ),
    )
}

/** Artifacts that were announced longer ago than that, of jobs that are over with every attempt closed. */
export function dueArtifacts(db: Pick<Db, 'selectFrom'>, { orgId, days }: Keeps) {
  return db
    .selectFrom('artifacts')
    .innerJoin('jobs', 'jobs.id', 'artifacts.jobId')
    .where('artifacts.orgId', '=', orgId)
    .where('artifacts.createdAt', '<', sql<Date>`now() - ${days} * interval '1 day'`)
    .where('jobs.finishedAt', 'is not', null)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('attempts')
            .select('attempts.attempt')
            .whereRef('attempts.jobId', '=', 'artifacts.jobId')
            .where('attempts.phase', '<>', 'closed'),
        ),
      ),
    )
}
