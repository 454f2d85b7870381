import { z } from 'zod'
import type { Ctx } from '../context'
import { DomainError } from '../errors'
import type { JobId } from '../ids'
import { visibleJob } from '../jobs/visible-job'
import { queryInt } from '../query-int'
import { type FollowDeps, followLog, type LogPage, type LogPosition } from './follow-log'
import type { LogSource } from './log-blocks'
import type { LogLine } from './read-lines'
import { lastLine, visibleAttempt } from './read-log'
import { replayLog } from './replay-log'

const EVENT_ID = /^([1-9][0-9]{0,8})\.([0-9]{1,9})$/

export const logStreamQuery = z.strictObject({
  attempt: queryInt(1).optional(),
  follow: z.enum(['0', '1'], 'must be 0 or 1').default('1'),
  lastEventId: z
    .string()
    .refine((id) => id === '' || EVENT_ID.test(id), 'must be the id of a message: <attempt>.<line>')
    .optional(),
})

/**
 * A message of a log's stream, however it travels. `message` carries an array of lines, its id is `<attempt>.<n>` of the last one;
 * `end` is said once, at the end. The data is JSON already: it is made once for all who get the same lines.
 */
export type LogMessage = { event: 'message'; id: string; json: string } | { event: 'end'; json: string }

/**
 * Every line of a job's log once and in order, first those that are there, then the rest as it comes, until its last attempt has
 * closed. `lastEventId` goes on after that message. Nothing is read before it is asked for: a slow reader slows its own queries, not
 * the heap.
 * @throws NotFound, or DomainError `bad_request` for an id that no message of this stream had
 */
export async function openLogStream(
  deps: FollowDeps & LogSource,
  ctx: Ctx,
  jobId: JobId,
  query: z.infer<typeof logStreamQuery>,
): Promise<(signal: AbortSignal) => AsyncGenerator<LogMessage>> {
  const from = await positionOf(ctx, jobId, query.attempt, query.lastEventId)
  return (signal) =>
    messages(
      query.follow === '1' ? followLog(deps, jobId, from, signal) : replayLog({ ...deps, ...ctx }, jobId, from, signal),
    )
}

/** Where to begin. */
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

async function* messages(pages: AsyncGenerator<LogPage>): AsyncGenerator<LogMessage> {
  for await (const page of pages) {
    if ('end' in page) {
      yield { event: 'end', json: JSON.stringify({ attempt: page.end.attempt, lastN: page.end.lastN }) }
    } else yield { event: 'message', id: idOf(page.lines.at(-1)), json: jsonOf(page.lines) }
  }
}

/** Those who follow the same log get the same array of lines. */
const JSON_OF = new WeakMap<LogLine[], string>()

function jsonOf(lines: LogLine[]): string {
  const json = JSON_OF.get(lines) ?? JSON.stringify(lines)
  JSON_OF.set(lines, json)
  return json
}

function idOf(line: { attempt: number; n: number } | undefined): string {
  return line ? `${line.attempt}.${line.n}` : ''
}
