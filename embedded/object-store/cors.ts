import { S3Error } from './errors'

/** What a page of another origin may read of an answer. */
const EXPOSED = [
  'ETag',
  'Content-Length',
  'Content-Range',
  'Content-Disposition',
  'Accept-Ranges',
  'Last-Modified',
  'x-amz-checksum-crc32',
  'x-amz-checksum-sha1',
  'x-amz-checksum-sha256',
  'x-amz-checksum-type',
  'x-amz-request-id',
].join(', ')
const METHODS = ['GET', 'HEAD', 'PUT', 'POST', 'DELETE']
const MAX_AGE_SECONDS = 3600

/** What an answer to a page of `origin` says besides. A page of a foreign origin is told nothing, so its browser keeps the answer from it. */
export function corsHeaders(origin: string | undefined, allowedOrigins: readonly string[]): Record<string, string> {
  const vary = { vary: 'Origin' }
  if (origin === undefined || !allowedOrigins.includes(origin)) return vary
  return { ...vary, 'access-control-allow-origin': origin, 'access-control-expose-headers': EXPOSED }
}

/**
 * The answer to a browser that asks before it sends. Needs no signature: it gives nothing away.
 * @throws S3Error AccessForbidden, BadRequest
 */
export function preflight(
  headers: ReadonlyMap<string, string>,
  allowedOrigins: readonly string[],
): Record<string, string> {
  const origin = headers.get('origin')
  const method = headers.get('access-control-request-method')
  if (origin === undefined || method === undefined)
    throw new S3Error('BadRequest', 'A preflight needs Origin and Access-Control-Request-Method.')
  if (!allowedOrigins.includes(origin) || !METHODS.includes(method)) throw new S3Error('AccessForbidden')
  return {
    ...corsHeaders(origin, allowedOrigins),
    vary: 'Origin, Access-Control-Request-Headers, Access-Control-Request-Method',
    'access-control-allow-methods': METHODS.join(', '),
    'access-control-allow-headers': headers.get('access-control-request-headers') ?? '',
    'access-control-max-age': String(MAX_AGE_SECONDS),
  }
}
