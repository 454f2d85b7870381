import { sql } from 'kysely'
import type { Db } from '../../db/client'
import type { JobId } from '../ids'

/** The id of the request that submitted a job: the thread by which logs of both processes and events hang together. */
export async function requestOf(db: Db, jobId: JobId): Promise<string | undefined> {
  const submitted = await db
    .selectFrom('events')
    .select(sql<string | null>`data ->> 'requestId'`.as('requestId'))
    .where('subject', '=', jobId)
    .where('seq', '=', 1)
    .executeTakeFirst()
  return submitted?.requestId ?? undefined
}
