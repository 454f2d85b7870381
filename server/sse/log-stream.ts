import { z } from 'zod'
import type { Ctx } from '../../core/context'
import { DomainError } from '../../core/errors'
import type { JobId } from '../../core/ids'
import { visibleJob } from '../../core/jobs/visible-job'
import { followLog, type LogPage, type LogPosition } from '../../core/logs/follow-log'
import { lastLine, visibleAttempt } from '../../core/logs/read-log'
import { replayLog } from '../../core/logs/replay-log'
import type { RequestCtx } from '../auth/door'
import type { Web } from '../compose'
import { queryInt } from '../trpc/inputs'
import { eventStream, frame } from './event-stream'

const EVENT_ID = /^([1-9][0-9]{0,8})\.([0-9]{1,9})$/

export const logStreamQuery = z.strictObject({
  attempt: queryInt(1).optional(),
  follow: z.enum(['0', '1'], 'must be 0 or 1').default('1'),
  lastEventId: z.string().optional(),
})

/**
 * GET …/logs/stream: every line once and in order, first those that are there, then the rest as it comes. A message carries an
 * array of lines, its id is `<attempt>.<n>` of the last; `Last-Event-ID` goes on after it. `end` is said once, at the end.
 */
export async function streamLog(
  web: Web,
  request: Request,
  ctx: RequestCtx,
  jobId: JobId,
  query: z.infer<typeof logStreamQuery>,
): Promise<Response> {
  const lastEventId = request.headers.get('last-event-id') || query.lastEventId
  const from = await positionOf(ctx, jobId, query.attempt, lastEventId)
  return eventStream(web, request, ctx, 'log', (signal) =>
    frames(query.follow === '1' ? followLog(web, jobId, from, signal) : replayLog(ctx, jobId, from, signal)),
  )
}

/** Where to begin. @throws NotFound, or DomainError `bad_request` for an id that no message of this stream had */
async function positionOf(
  ctx: Ctx,
  jobId: JobId,
  wanted: number | undefined,
  lastEventId: string | undefined,
): Promise<LogPosition & { pinned: boolean }> {
  const job = await visibleJob(ctx.db, ctx, jobId)
  if (wanted !== undefined) visibleAttempt(job, wanted)
  const pinned = wanted !== undefined
  if (!lastEventId) return { ...(pinned && { attempt: wanted }), afterN: 0, pinned }
  const [, attempt, n] = (EVENT_ID.exec(lastEventId) ?? []).map(Number)
  const known = attempt !== undefined && n !== undefined && attempt <= job.attempt && (!pinned || attempt === wanted)
  if (!known || n > (await lastLine(ctx, { jobId, attempt }))) {
    const message = 'is not the id of a message of this stream (<attempt>.<line>)'
    throw new DomainError('bad_request', `Last-Event-ID: ${message}.`, {}, [{ path: 'Last-Event-ID', message }])
  }
  return { attempt, afterN: n, pinned }
}

async function* frames(pages: AsyncGenerator<LogPage>): AsyncGenerator<string> {
  for await (const page of pages) {
    if ('end' in page) yield frame({ attempt: page.end.attempt, lastN: page.end.lastN }, { event: 'end' })
    else yield frame(page.lines, { id: idOf(page.lines.at(-1)) })
  }
}

function idOf(line: { attempt: number; n: number } | undefined): string {
  return line ? `${line.attempt}.${line.n}` : ''
}
