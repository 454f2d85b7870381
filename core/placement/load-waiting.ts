import { sql, type Transaction } from 'kysely'
import type { Db } from '../../db/client'
import type { Database } from '../../db/schema'
import type { BoxId, JobId, OrgId } from '../ids'
import { WAITING_STATES } from '../jobs/state'
import type { WaitingJob } from './decide'

type Reads = Db | Transaction<Database>

/**
 * The jobs worth looking at in a pass: of each requirement key and submitter the first `perKey`. If one can't fit, its
 * siblings can't.
 */
export async function loadWaiting(db: Reads, orgId: OrgId, perKey: number): Promise<WaitingJob[]> {
  const jobs = await db
    .with('ranked', (qb) =>
      qb
        .selectFrom('jobs')
        .select(['id', 'requirementKey', 'targetKind', 'targetId', 'requires', 'submittedBy', 'priority', 'runnableAt'])
        .select(
          sql<number>`row_number() over (partition by requirement_key, submitted_by order by priority desc, id)`.as(
            'place',
          ),
        )
        .where('orgId', '=', orgId)
        .where('state', 'in', WAITING_STATES)
        .where('holdReason', 'is', null)
        .where('runnableAt', '<=', sql<Date>`now()`),
    )
    .selectFrom('ranked')
    .selectAll()
    .where('place', '<=', perKey)
    .execute()
  const resting = await loadRests(
    db,
    jobs.map((job) => job.id),
  )
  return jobs.map((job) => ({
    ...job,
    runnableAt: job.runnableAt ?? new Date(0),
    restingOn: resting.get(job.id) ?? new Map(),
  }))
}

/** Which boxes rest for which of the jobs, and until when. */
export async function loadRests(db: Reads, jobIds: JobId[]): Promise<Map<JobId, Map<BoxId, Date>>> {
  if (jobIds.length === 0) return new Map()
  const rests = await db
    .selectFrom('boxRests')
    .select(['jobId', 'boxId', 'untilAt'])
    .where('jobId', 'in', jobIds)
    .where('untilAt', '>', sql<Date>`now()`)
    .execute()
  return new Map(
    [...Map.groupBy(rests, (rest) => rest.jobId)].map(([jobId, rows]) => [
      jobId,
      new Map(rows.map((rest) => [rest.boxId, rest.untilAt])),
    ]),
  )
}
