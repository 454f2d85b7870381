import type { Ctx } from '../context'
import type { JobId } from '../ids'
import { visibleJob } from '../jobs/visible-job'
import type { LogPage, LogPosition } from './follow-log'
import type { LogSource } from './log-blocks'
import { readLines } from './read-lines'
import { lastLine } from './read-log'

const LINES_A_PAGE = 1_000

/**
 * The lines of a job's log after `from` that are there now, then the end; as `followLog`, but waiting for nothing.
 * @throws NotFound
 */
export async function* replayLog(
  ctx: Ctx & LogSource,
  jobId: JobId,
  from: LogPosition & { pinned: boolean },
  signal: AbortSignal,
): AsyncGenerator<LogPage> {
  const job = await visibleJob(ctx.db, ctx, jobId)
  let attempt = from.attempt ?? job.attempt
  let afterN = from.afterN
  for (;;) {
    const lastN = attempt > 0 ? await lastLine(ctx, { jobId, attempt }) : 0
    while (afterN < lastN && !signal.aborted) {
      const lines = await readLines(ctx, { jobId, attempt }, afterN + 1, Math.min(LINES_A_PAGE, lastN - afterN))
      if (lines.length === 0) break
      afterN = lines.at(-1)?.n ?? afterN
      yield { lines }
    }
    if (from.pinned || attempt >= job.attempt || signal.aborted) break
    attempt = job.attempt
    afterN = 0
  }
  if (!signal.aborted) yield { end: { jobId, attempt, lastN: afterN } }
}
