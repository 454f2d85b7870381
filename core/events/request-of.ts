import { type RawBuilder, sql } from 'kysely'
import type { JobId } from '../ids'

/**
 * SQL for the id of the request that submitted a job, or null: the thread by which logs of both processes and events hang
 * together.
 */
export function requestOf(jobId: JobId): RawBuilder<string | null> {
  return sql<string | null>`(select data ->> 'requestId' from events where subject = ${jobId} and seq = 1)`
}
