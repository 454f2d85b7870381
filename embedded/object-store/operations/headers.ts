import { S3Error } from '../errors'
import type { S3Request } from '../request'
import { checkHeaderValue } from './stored-headers'

/** The `x-amz-` headers that the store knows the meaning of, besides metadata and checksums. */
const KNOWN = new Set(
  `date content-sha256 decoded-content-length trailer user-agent sdk-checksum-algorithm copy-source metadata-directive
   mp-object-size storage-class`
    .split(/\s+/)
    .map((name) => `x-amz-${name}`),
)
const OF_SIGNATURE = /^x-amz-(algorithm|credential|date|expires|signedheaders|signature|content-sha256)$/i

/**
 * The headers that count: those of the request, and the `x-amz-` ones that a presigned request carries in its query. One
 * that the store does not know might ask for encryption or a lock, so it is refused and not passed over.
 * @throws S3Error
 */
export function effectiveHeaders(request: S3Request): Map<string, string> {
  const headers = new Map(request.headers)
  for (const [name, values] of request.query) {
    const lower = name.toLowerCase()
    if (!lower.startsWith('x-amz-') || OF_SIGNATURE.test(name)) continue
    if (values.length > 1 || headers.has(lower)) throw new S3Error('InvalidRequest', `${name} was given twice.`)
    if (!/^[a-z0-9_.-]+$/.test(lower)) throw new S3Error('InvalidArgument', `${name} can not be a header.`)
    headers.set(lower, checkHeaderValue(name, values[0] ?? ''))
  }
  for (const [name, value] of headers) {
    if (!name.startsWith('x-amz-') || /^x-amz-(meta-.|checksum-)/.test(name)) continue
    if (!KNOWN.has(name) || (name === 'x-amz-storage-class' && value !== 'STANDARD'))
      throw new S3Error('NotImplemented', `The store does not know what to do with ${name}.`)
  }
  return headers
}
