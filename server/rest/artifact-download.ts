import { ReadableStream as NodeStream } from 'node:stream/web'
import { z } from 'zod'
import { downloadArtifact } from '../../core/artifacts/download-artifact'
import { zipArtifacts } from '../../core/artifacts/zip-artifacts'
import { NotFound } from '../../core/errors'
import type { JobId } from '../../core/ids'
import { queryInt } from '../../core/query-int'
import { enter } from '../auth/door'
import { artifactIdSchema } from '../trpc/inputs'
import { jobIdOf } from './job-id'
import { type Asked, queryOf } from './route-table'

const artifactQuery = z.strictObject({ inline: z.enum(['0', '1'], 'must be 0 or 1').default('0') })
const zipQuery = z.strictObject({ attempt: queryInt(1).optional() })

/**
 * GET …/artifacts/{artifactId}: sends the caller on to the store, with a URL that is good for a minute. Access is checked here,
 * on each request.
 */
export async function redirectToArtifact(asked: Asked): Promise<Response> {
  const { web, request, requestId, params } = asked
  const ctx = await enter(web, request, requestId)
  const artifactId = artifactIdSchema.safeParse(params.artifactId)
  if (!artifactId.success) throw new NotFound('artifact', JSON.stringify(params.artifactId))
  const { inline } = artifactQuery.parse(queryOf(request))
  const ref = { jobId: jobIdOf(asked), artifactId: artifactId.data }
  const how = { inline: inline === '1', head: request.method === 'HEAD' }
  const location = await downloadArtifact(ctx, ctx.store, ref, how)
  return new Response(null, { status: 302, headers: { location, 'cache-control': 'no-store' } })
}

/** GET …/artifacts.zip: all files of an attempt. Its length is said first, so that a part of it is not taken for the whole. */
export async function sendZip(asked: Asked): Promise<Response> {
  const { web, request, requestId } = asked
  const ctx = await enter(web, request, requestId)
  const jobId: JobId = jobIdOf(asked)
  const { attempt, sizeBytes, bytes } = await zipArtifacts(
    ctx,
    ctx.store,
    jobId,
    zipQuery.parse(queryOf(request)).attempt,
  )
  bytes.on('error', (error) => web.log.warn({ requestId, jobId, error: error.message }, 'a zip of artifacts broke off'))
  const stop = () => bytes.destroy(new Error('The process stops'))
  web.closing.signal.addEventListener('abort', stop)
  bytes.once('close', () => web.closing.signal.removeEventListener('abort', stop))
  // Not Readable.toWeb: when a reader goes away it may throw where nobody can catch it
  return new Response(NodeStream.from(bytes) as unknown as ReadableStream<Uint8Array>, {
    headers: {
      'content-type': 'application/zip',
      'content-length': String(sizeBytes),
      'content-disposition': `attachment; filename="${jobId}-${attempt}-artifacts.zip"`,
      'cache-control': 'no-store, no-transform',
      'x-content-type-options': 'nosniff',
    },
  })
}
