import type { z } from 'zod'
import type { JobId } from '../../core/ids'
import { type LogMessage, type logStreamQuery, openLogStream } from '../../core/logs/log-stream'
import type { RequestCtx } from '../auth/door'
import type { Web } from '../compose'
import { eventStream, frameOf } from './event-stream'

/** GET …/logs/stream: the messages of a log as an event stream; `Last-Event-ID` goes on after one. */
export async function streamLog(
  web: Web,
  request: Request,
  ctx: RequestCtx,
  jobId: JobId,
  query: z.infer<typeof logStreamQuery>,
): Promise<Response> {
  const lastEventId = request.headers.get('last-event-id') || query.lastEventId
  const open = await openLogStream(web, ctx, jobId, { ...query, lastEventId })
  return eventStream(web, request, ctx, 'log', (signal) => frames(open(signal)))
}

async function* frames(messages: AsyncGenerator<LogMessage>): AsyncGenerator<string> {
  for await (const message of messages) {
    yield message.event === 'end' ? frameOf(message.json, { event: 'end' }) : frameOf(message.json, { id: message.id })
  }
}
