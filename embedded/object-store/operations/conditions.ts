import { S3Error } from '../errors'
import type { Condition, StoredObject } from '../storage/catalogue'

type Headers = ReadonlyMap<string, string>

/**
 * The conditions of a read, in the order of RFC 9110: If-Match before If-Unmodified-Since, If-None-Match before
 * If-Modified-Since. A date that cannot be read is no condition.
 * @returns whether the client has the newest already (304)
 * @throws S3Error PreconditionFailed
 */
export function isNotModified(object: StoredObject, headers: Headers): boolean {
  const ifMatch = headers.get('if-match')
  const unmodifiedSince = secondsOf(headers.get('if-unmodified-since'))
  if (ifMatch !== undefined && !matches(ifMatch, object.etag)) throw new S3Error('PreconditionFailed')
  if (ifMatch === undefined && unmodifiedSince !== null && modifiedSeconds(object) > unmodifiedSince)
    throw new S3Error('PreconditionFailed')
  const ifNoneMatch = headers.get('if-none-match')
  if (ifNoneMatch !== undefined) return matches(ifNoneMatch, object.etag)
  const modifiedSince = secondsOf(headers.get('if-modified-since'))
  return modifiedSince !== null && modifiedSeconds(object) <= modifiedSince
}

/** Whether a Range still means the same object: If-Range names its ETag or its date. */
export function rangeStands(object: StoredObject, headers: Headers): boolean {
  const ifRange = headers.get('if-range')
  if (ifRange === undefined) return true
  const since = ifRange.includes('"') ? null : secondsOf(ifRange)
  return since === null ? matches(ifRange, object.etag) : modifiedSeconds(object) === since
}

/**
 * The condition of a write: `If-None-Match: *` (nothing may be there) or `If-Match` (exactly that must be there).
 * @throws S3Error NotImplemented when If-None-Match is an ETag, as in S3
 */
export function writeCondition(headers: Headers): Condition {
  const ifNoneMatch = headers.get('if-none-match')
  const ifMatch = headers.get('if-match')
  if (ifNoneMatch !== undefined && ifNoneMatch !== '*')
    throw new S3Error('NotImplemented', 'If-None-Match of a write can only be *.')
  return (current) => {
    if (ifNoneMatch !== undefined && current) throw new S3Error('PreconditionFailed')
    if (ifMatch === undefined) return
    if (!current) throw new S3Error('NoSuchKey')
    if (!matches(ifMatch, current.etag)) throw new S3Error('PreconditionFailed')
  }
}

function matches(list: string, etag: string): boolean {
  return list.split(',').some((item) => {
    const wanted = item.trim().replace(/^W\//, '').replaceAll('"', '')
    return wanted === '*' || wanted === etag
  })
}

function secondsOf(date: string | undefined): number | null {
  const at = date === undefined ? Number.NaN : Date.parse(date)
  return Number.isNaN(at) ? null : Math.floor(at / 1000)
}

const modifiedSeconds = (object: StoredObject) => Math.floor(object.modifiedAt / 1000)
