import { S3Error } from '../errors'
import type { StoredHeaders, StoredObject } from '../storage/catalogue'

const KEPT = ['content-type', 'content-disposition', 'content-encoding', 'content-language', 'cache-control', 'expires']
const METADATA_LIMIT_BYTES = 2048

/** What of a request's headers is kept with the object. @throws S3Error MetadataTooLarge */
export function storedHeaders(headers: ReadonlyMap<string, string>): StoredHeaders {
  const stored: StoredHeaders = {}
  let metadataBytes = 0
  for (const [name, value] of headers) {
    if (name.startsWith('x-amz-meta-')) {
      metadataBytes += Buffer.byteLength(name.slice('x-amz-meta-'.length)) + Buffer.byteLength(value)
      stored[name] = value
    } else if (name === 'content-encoding') {
      const own = value.split(',').map((part) => part.trim())
      const left = own.filter((part) => part !== 'aws-chunked' && part !== '').join(', ')
      if (left !== '') stored[name] = left
    } else if (KEPT.includes(name) && value !== '') stored[name] = value
  }
  if (metadataBytes > METADATA_LIMIT_BYTES) throw new S3Error('MetadataTooLarge')
  return stored
}

/** The headers that tell of an object, in GET and HEAD alike. */
export function objectHeaders(object: StoredObject): Record<string, string> {
  return {
    'content-type': 'binary/octet-stream',
    ...object.headers,
    etag: quoted(object.etag),
    'last-modified': new Date(object.modifiedAt).toUTCString(),
    'accept-ranges': 'bytes',
    // The store may share its host with the web application, and what jobs made must not act as a page of it.
    'content-security-policy': 'sandbox',
  }
}

/** @throws S3Error when an answer cannot carry the value */
export function checkHeaderValue(name: string, value: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not get through
  if (/[\x00-\x08\x0a-\x1f\x7f]/.test(value)) throw new S3Error('InvalidArgument', `${name} has control characters.`)
  return value
}

export const quoted = (etag: string) => `"${etag}"`
