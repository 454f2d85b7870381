import { z } from 'zod'
import type { BoxIdentity } from '../../db/schema'
import type { Ctx } from '../context'
import type { JobId } from '../ids'
import { visibleJob } from '../jobs/visible-job'

const instant = () => z.iso.datetime().nullable()

/** One try to run a job on a box. */
export const attemptViewSchema = z
  .object({
    attempt: z.number().int().meta({ description: 'From 1.' }),
    boxId: z.string(),
    boxName: z.string(),
    phase: z.enum(['placed', 'claimed', 'exited', 'closed']),
    endedBy: z.enum(['script', 'deadline', 'cancel', 'no_output', 'outside']).nullable().meta({
      description: 'What ended its script; null while it runs, and when it never ran.',
    }),
    exitCode: z.number().int().nullable(),
    signal: z.string().nullable(),
    error: z.string().nullable(),
    closedBy: z.enum(['done', 'fenced', 'reaped', 'released']).nullable().meta({
      description:
        'done: its box said that it is quiet; fenced: nobody had claimed it; reaped: a look at the box found it quiet; released: somebody let it go by hand.',
    }),
    lineCount: z.number().int().meta({ description: 'Lines of its log that can be read.' }),
    ranOn: z
      .object({ hostname: z.string(), lagerBoxId: z.string(), bootId: z.string(), pythonVersion: z.string() })
      .nullable()
      .meta({ description: 'What its supervisor said of the machine; null when nothing claimed it.' }),
    placedAt: z.iso.datetime(),
    launchedAt: instant(),
    claimedAt: instant().meta({ description: 'When its script was granted to the box.' }),
    exitedAt: instant(),
    closedAt: instant(),
  })
  .meta({ id: 'Attempt' })
export type AttemptView = z.infer<typeof attemptViewSchema>

/** The attempts of a job, first one first. `cursor` is the number of the last one of the page before. @throws NotFound */
export async function listAttempts(
  ctx: Ctx,
  jobId: JobId,
  { cursor = 0, limit }: { cursor?: number | undefined; limit: number },
): Promise<{ items: AttemptView[]; nextCursor: number | null }> {
  await visibleJob(ctx.db, ctx, jobId)
  const rows = await ctx.db
    .selectFrom('attempts')
    .innerJoin('boxes', 'boxes.id', 'attempts.boxId')
    .leftJoin('logHeads', (join) =>
      join.onRef('logHeads.jobId', '=', 'attempts.jobId').onRef('logHeads.attempt', '=', 'attempts.attempt'),
    )
    .select(['attempts.attempt', 'attempts.boxId', 'boxes.name as boxName', 'attempts.phase', 'attempts.endedBy'])
    .select(['attempts.exitCode', 'attempts.signal', 'attempts.error', 'attempts.closedBy', 'logHeads.lastN'])
    .select('attempts.identity')
    .select([
      'attempts.placedAt',
      'attempts.launchedAt',
      'attempts.claimedAt',
      'attempts.exitedAt',
      'attempts.closedAt',
    ])
    .where('attempts.jobId', '=', jobId)
    .where('attempts.attempt', '>', cursor)
    .orderBy('attempts.attempt')
    .limit(limit + 1)
    .execute()
  const items = rows
    .slice(0, limit)
    .map(({ lastN, identity, placedAt, launchedAt, claimedAt, exitedAt, closedAt, ...rest }) => ({
      ...rest,
      lineCount: lastN ?? 0,
      ranOn: identity && ranOn(identity),
      placedAt: placedAt.toISOString(),
      launchedAt: launchedAt?.toISOString() ?? null,
      claimedAt: claimedAt?.toISOString() ?? null,
      exitedAt: exitedAt?.toISOString() ?? null,
      closedAt: closedAt?.toISOString() ?? null,
    }))
  return { items, nextCursor: rows.length > limit ? (items.at(-1)?.attempt ?? null) : null }
}

function ranOn({ hostname, lagerBoxId, bootId, python }: BoxIdentity): NonNullable<AttemptView['ranOn']> {
  return { hostname, lagerBoxId, bootId, pythonVersion: python }
}
