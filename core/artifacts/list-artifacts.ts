import { sql } from 'kysely'
import type { z } from 'zod'
import type { Ctx } from '../context'
import type { JobId } from '../ids'
import { visibleJob } from '../jobs/visible-job'
import { visibleAttempt } from '../logs/read-log'
import { type ArtifactView, type artifactCountsSchema, toArtifactView } from './artifact-view'

export type ArtifactsPage = {
  attempt: number
  items: ArtifactView[]
  nextCursor: string | null
  counts: z.infer<typeof artifactCountsSchema>
  /** Of those that are uploaded. */
  totalBytes: number
}

/** In the order of their bytes: the same in every database, and folders stay together. */
export const byPath = sql<string>`path collate "C"`

/**
 * A page of the files of one attempt, by path. `cursor` is the path of the last one before.
 * @param attempt default: the current one
 * @throws NotFound
 */
export async function listArtifacts(
  ctx: Ctx,
  jobId: JobId,
  { attempt: wanted, cursor, limit }: { attempt?: number | undefined; cursor?: string | undefined; limit: number },
  publicUrl: string,
): Promise<ArtifactsPage> {
  const attempt = visibleAttempt(await visibleJob(ctx.db, ctx, jobId), wanted)
  const rows = await ctx.db
    .selectFrom('artifacts')
    .selectAll()
    .where('jobId', '=', jobId)
    .where('attempt', '=', attempt)
    .$if(cursor !== undefined, (qb) => qb.where(byPath, '>', cursor ?? ''))
    .orderBy(byPath)
    .limit(limit + 1)
    .execute()
  const items = rows.slice(0, limit).map((row) => toArtifactView(row, publicUrl))
  const nextCursor = rows.length > limit ? (items.at(-1)?.path ?? null) : null
  return { attempt, items, nextCursor, ...(await sums(ctx, jobId, attempt)) }
}

async function sums({ db }: Ctx, jobId: JobId, attempt: number): Promise<Pick<ArtifactsPage, 'counts' | 'totalBytes'>> {
  const rows = await db
    .selectFrom('artifacts')
    .select((eb) => ['state', eb.fn.countAll<number>().as('count'), eb.fn.sum<string | null>('sizeBytes').as('bytes')])
    .where('jobId', '=', jobId)
    .where('attempt', '=', attempt)
    .groupBy('state')
    .execute()
  const counts = { uploading: 0, uploaded: 0, skipped: 0, failed: 0 }
  for (const { state, count } of rows) counts[state] = count
  return { counts, totalBytes: Number(rows.find(({ state }) => state === 'uploaded')?.bytes ?? 0) }
}
