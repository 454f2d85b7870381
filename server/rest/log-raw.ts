import { ReadableStream as NodeStream } from 'node:stream/web'
import { z } from 'zod'
import type { JobId } from '../../core/ids'
import { visibleJob } from '../../core/jobs/visible-job'
import { rawLog } from '../../core/logs/raw-log'
import { visibleAttempt } from '../../core/logs/read-log'
import { queryInt } from '../../core/query-int'
import type { RequestCtx } from '../auth/door'
import type { Web } from '../compose'

export const rawLogQuery = z.strictObject({
  attempt: queryInt(1).optional(),
  stream: z.enum(['stdout', 'stderr', 'output'], 'must be stdout, stderr or output').optional(),
})

/**
 * GET …/logs/raw: what the script wrote, byte by byte, as far as it has come. Never shown inside our pages. Answers once it has
 * the first bytes; what fails later breaks the connection off, so that nobody takes the part for the whole.
 */
export async function downloadLog(
  { closing }: Pick<Web, 'closing'>,
  ctx: RequestCtx,
  jobId: JobId,
  { attempt: wanted, stream }: z.infer<typeof rawLogQuery>,
): Promise<Response> {
  const attempt = visibleAttempt(await visibleJob(ctx.db, ctx, jobId), wanted)
  const pieces = rawLog(ctx, { jobId, attempt }, stream ? [stream] : ['stdout', 'stderr'])
  const first = await pieces.next()
  const body = NodeStream.from(whileOpen(first, pieces, closing.signal)) as unknown as ReadableStream<Uint8Array>
  return new Response(body, {
    headers: {
      'content-type': 'text/plain; charset=utf-8',
      'content-disposition': `attachment; filename="${jobId}-${attempt}${stream ? `-${stream}` : ''}.log"`,
      'x-content-type-options': 'nosniff',
      'content-security-policy': "sandbox; default-src 'none'",
      'cache-control': 'no-store',
    },
  })
}

/** A process that stops breaks a download off, rather than be held up by it; the broken connection says so. */
async function* whileOpen<T>(
  first: IteratorResult<T>,
  pieces: AsyncGenerator<T>,
  closing: AbortSignal,
): AsyncGenerator<T> {
  if (first.done) return
  yield first.value
  for await (const piece of pieces) {
    closing.throwIfAborted()
    yield piece
  }
}
