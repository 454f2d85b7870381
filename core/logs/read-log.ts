import { z } from 'zod'
import type { Job } from '../../db/schema'
import { getAttempt } from '../attempts/control'
import type { Ctx } from '../context'
import { NotFound } from '../errors'
import type { JobId } from '../ids'
import { isTerminal } from '../jobs/state'
import { visibleJob } from '../jobs/visible-job'
import type { LogSource } from './log-blocks'
import { readLines } from './read-lines'
import { STREAMS } from './records'

export const logLineSchema = z
  .object({
    attempt: z.number().int(),
    n: z.number().int().meta({ description: 'Number of the line in its attempt, from 1.' }),
    at: z.iso.datetime(),
    stream: z.enum(Object.values(STREAMS)),
    text: z.string(),
    partial: z.literal(true).optional().meta({ description: 'No newline followed these bytes.' }),
    base64: z.string().optional().meta({ description: 'The bytes, where text cannot carry them.' }),
    torn: z.literal(true).optional(),
    gap: z
      .object({ lines: z.number().int(), sizeBytes: z.number().int(), why: z.string() })
      .optional()
      .meta({ description: 'Lines that were lost, and counted, stand here.' }),
  })
  .meta({ id: 'LogLine' })

export type LogRange = {
  attempt: number
  /** The line to ask for next. */
  nextFrom: number
  lineCount: number
  /** Nothing will follow `lineCount`. */
  closed: boolean
  items: Awaited<ReturnType<typeof readLines>>
}

/**
 * Lines of one attempt from line `from` on; fewer than `limit` when there are no more, or when they are large.
 * @param attempt default: the current one; 0 stands for a job that has none yet
 * @throws NotFound; DomainError `unavailable` when the lines lie in the object store and it does not answer
 */
export async function readLog(
  ctx: Ctx & LogSource,
  jobId: JobId,
  { attempt: wanted, from, limit }: { attempt?: number | undefined; from: number; limit: number },
): Promise<LogRange> {
  const job = await visibleJob(ctx.db, ctx, jobId)
  const attempt = visibleAttempt(job, wanted)
  if (attempt === 0) return { attempt, items: [], nextFrom: from, lineCount: 0, closed: isTerminal(job.state) }
  const ref = { jobId, attempt }
  const closed = (await getAttempt(ctx.db, ref))?.phase === 'closed' // before the lines: none comes after it
  const items = await readLines(ctx, ref, from, limit)
  const lineCount = await lastLine(ctx, ref)
  return { attempt, items, nextFrom: (items.at(-1)?.n ?? from - 1) + 1, lineCount, closed }
}

/** The attempt that a reader means. @throws NotFound when the job never had it */
export function visibleAttempt(job: Pick<Job, 'id' | 'attempt'>, wanted: number | undefined): number {
  if (wanted === undefined) return job.attempt
  if (wanted < 1 || wanted > job.attempt) throw new NotFound(`attempt of ${job.id} with number`, String(wanted))
  return wanted
}

/** Number of the last line that readers can see; 0 when there is none. */
export async function lastLine(ctx: Ctx, { jobId, attempt }: { jobId: JobId; attempt: number }): Promise<number> {
  const head = await ctx.db
    .selectFrom('logHeads')
    .select('lastN')
    .where('jobId', '=', jobId)
    .where('attempt', '=', attempt)
    .executeTakeFirst()
  return head?.lastN ?? 0
}
