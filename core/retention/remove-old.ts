import { sql, type Transaction } from 'kysely'
import type { Db } from '../../db/client'
import type { Database } from '../../db/schema'
import type { JobId } from '../ids'
import { recordJobEvent } from '../jobs/transition'
import { dueArtifacts, dueJobs, jobsWithDueLog, type Keeps } from './due'

/** One turn is one short transaction: what is left goes with the next. */
const JOBS_A_TURN = 50
const FILES_A_TURN = 100
const ACTOR = 'sweep:retention'

/**
 * Removes some jobs that are too old, with everything that belongs to them: attempts, logs, artifacts, events. Their objects are
 * marked for the sweep that removes objects from the store. Returns how many went; any number of workers may run it at once.
 */
export async function removeOldJobs(db: Db, keeps: Keeps): Promise<number> {
  return await db.transaction().execute(async (tx) => {
    const due = await dueJobs(tx, keeps)
      .select('jobs.id')
      .orderBy('jobs.finishedAt')
      .limit(JOBS_A_TURN)
      .forUpdate('jobs')
      .skipLocked()
      .execute()
    const ids = due.map(({ id }) => id)
    if (ids.length === 0) return 0
    const keys = await objectsOf(tx, ids)
    for (const table of ['boxRests', 'jobSecrets', 'artifacts', 'logChunks', 'logHeads', 'attempts'] as const)
      await tx.deleteFrom(table).where('jobId', 'in', ids).execute()
    await tx.deleteFrom('jobs').where('id', 'in', ids).execute()
    await sql`select set_config('stout.retention', 'on', true)`.execute(tx) // events may go now, after their job
    await tx.deleteFrom('events').where('subject', 'in', ids).execute()
    await dropObjects(tx, keys)
    return ids.length
  })
}

/** Removes the logs of some jobs that keep them no longer; each job says so in an event. Returns how many jobs it looked at. */
export async function removeOldLogs(db: Db, keeps: Keeps): Promise<number> {
  return await db.transaction().execute(async (tx) => {
    const due = await jobsWithDueLog(tx, keeps)
      .select('jobs.id')
      .orderBy('jobs.finishedAt')
      .limit(JOBS_A_TURN)
      .forUpdate('jobs')
      .skipLocked()
      .execute()
    for (const { id } of due) await removeLog(tx, id)
    return due.length
  })
}

async function removeLog(tx: Transaction<Database>, jobId: JobId): Promise<void> {
  const heads = await tx
    .selectFrom('logHeads')
    .select(['lastN', 'sizeBytes', 'packedKey'])
    .where('jobId', '=', jobId)
    .forUpdate()
    .execute()
  await tx.deleteFrom('logChunks').where('jobId', '=', jobId).execute()
  await tx
    .updateTable('logHeads')
    .set({ lastN: 0, sizeBytes: 0, packedKey: null, packedIndex: null, packedAt: null })
    .where('jobId', '=', jobId)
    .execute()
  await tx.updateTable('jobs').set({ logRemovedAt: sql<Date>`now()` }).where('id', '=', jobId).execute()
  await dropObjects(
    tx,
    heads.flatMap(({ packedKey }) => packedKey ?? []),
  )
  const lines = sum(heads.map(({ lastN }) => lastN))
  if (lines === 0) return
  const data = { lines, sizeBytes: sum(heads.map(({ sizeBytes }) => sizeBytes)) }
  await recordJobEvent(tx, jobId, { type: 'log_removed', actor: ACTOR, data })
}

/** Removes some artifacts that are kept no longer; their jobs say so in events. Returns how many went. */
export async function removeOldArtifacts(db: Db, keeps: Keeps): Promise<number> {
  return await db.transaction().execute(async (tx) => {
    const due = await dueArtifacts(tx, keeps)
      .select(['artifacts.id', 'artifacts.jobId', 'artifacts.objectKey', 'artifacts.sizeBytes'])
      .orderBy('artifacts.createdAt')
      .limit(FILES_A_TURN)
      .forUpdate(['jobs', 'artifacts'])
      .skipLocked()
      .execute()
    if (due.length === 0) return 0
    await tx
      .deleteFrom('artifacts')
      .where(
        'id',
        'in',
        due.map(({ id }) => id),
      )
      .execute()
    await dropObjects(
      tx,
      due.flatMap(({ objectKey }) => objectKey ?? []),
    )
    const byJob = [...Map.groupBy(due, ({ jobId }) => jobId)].sort(([a], [b]) => (a < b ? -1 : 1))
    for (const [jobId, files] of byJob) {
      const data = { count: files.length, sizeBytes: sum(files.map(({ sizeBytes }) => sizeBytes ?? 0)) }
      await recordJobEvent(tx, jobId, { type: 'artifacts_removed', actor: ACTOR, data })
    }
    return due.length
  })
}

async function objectsOf(tx: Transaction<Database>, jobIds: JobId[]): Promise<string[]> {
  const logs = tx
    .selectFrom('logHeads')
    .select('packedKey as key')
    .where('jobId', 'in', jobIds)
    .where('packedKey', 'is not', null)
  const files = tx
    .selectFrom('artifacts')
    .select('objectKey as key')
    .where('jobId', 'in', jobIds)
    .where('objectKey', 'is not', null)
  const rows = await logs.unionAll(files).execute()
  return rows.flatMap(({ key }) => key ?? [])
}

/** Nothing speaks of these objects any more: a sweep takes them out of the store. */
async function dropObjects(tx: Transaction<Database>, keys: string[]): Promise<void> {
  if (keys.length === 0) return
  await sql`update stored_objects set state = 'deleting' where key = any (${keys})`.execute(tx)
}

const sum = (numbers: number[]) => numbers.reduce((total, one) => total + one, 0)
