import type { IncomingMessage } from 'node:http'
import { S3Error } from './errors'

/** A request as it was received, taken apart but not yet believed. */
export type S3Request = {
  method: string
  /** The path that is signed: every segment decoded and encoded again the one way that S3 does it. */
  canonicalPath: string
  /** Path-style: `/bucket/key`. Null at the root of the service. */
  bucket: string | null
  /** Null on a bucket itself. Never used as a path. */
  key: string | null
  /** Values by name; a name that comes twice has more than one. */
  query: Map<string, string[]>
  /** By lower-case name, as UTF-8, trimmed. */
  headers: Map<string, string>
  /** Names of headers that were sent more than once. */
  repeatedHeaders: Set<string>
}

const KEY_LIMIT_BYTES = 1024
const BUCKET_NAME = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/

/** @throws S3Error when path or query cannot be decoded, or the names in it are impossible */
export function readRequest(message: Pick<IncomingMessage, 'method' | 'url' | 'rawHeaders'>): S3Request {
  const target = message.url ?? ''
  if (!target.startsWith('/')) throw new S3Error('InvalidURI')
  const mark = target.indexOf('?')
  const path = mark < 0 ? target : target.slice(0, mark)
  return {
    method: message.method ?? '',
    canonicalPath: path
      .split('/')
      .map((segment) => escapeUri(decode(segment)))
      .join('/'),
    ...readNames(path),
    query: readQuery(mark < 0 ? '' : target.slice(mark + 1)),
    ...readHeaders(message.rawHeaders),
  }
}

function readNames(path: string): { bucket: string | null; key: string | null } {
  const slash = path.indexOf('/', 1)
  const bucket = decode(slash < 0 ? path.slice(1) : path.slice(1, slash))
  const key = slash < 0 ? '' : decode(path.slice(slash + 1))
  if (bucket === '' && key === '') return { bucket: null, key: null }
  if (!BUCKET_NAME.test(bucket)) throw new S3Error('InvalidBucketName')
  checkKey(key)
  return { bucket, key: key === '' ? null : key }
}

/** @throws S3Error when no object can have this key */
export function checkKey(key: string): void {
  if (Buffer.byteLength(key) > KEY_LIMIT_BYTES) throw new S3Error('KeyTooLongError')
}

function readQuery(text: string): Map<string, string[]> {
  const query = new Map<string, string[]>()
  for (const pair of text.split('&')) {
    if (pair === '') continue
    const equals = pair.indexOf('=')
    const name = decode(plusToSpace(equals < 0 ? pair : pair.slice(0, equals)))
    const value = equals < 0 ? '' : decode(plusToSpace(pair.slice(equals + 1)))
    query.set(name, [...(query.get(name) ?? []), value])
  }
  return query
}

/** What S3 leaves unencoded is only A-Z a-z 0-9 - . _ ~. */
function escapeUri(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
}

const plusToSpace = (text: string) => text.replaceAll('+', ' ')

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new S3Error('InvalidURI')
  }
}

function readHeaders(raw: readonly string[]): Pick<S3Request, 'headers' | 'repeatedHeaders'> {
  const headers = new Map<string, string>()
  const repeatedHeaders = new Set<string>()
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = (raw[i] ?? '').toLowerCase()
    if (headers.has(name)) repeatedHeaders.add(name)
    // Node hands bytes over as Latin-1; clients sign and mean UTF-8.
    else
      headers.set(
        name,
        Buffer.from(raw[i + 1] ?? '', 'latin1')
          .toString('utf8')
          .trim(),
      )
  }
  return { headers, repeatedHeaders }
}

/** The one value of a query parameter, or undefined. @throws S3Error when it was given twice */
export function parameter(request: S3Request, name: string): string | undefined {
  const values = request.query.get(name)
  if (values && values.length > 1) throw new S3Error('InvalidArgument', `${name} was given more than once.`)
  return values?.[0]
}

/** A whole number from the query within limits, or the fallback. @throws S3Error when it is anything else */
export function numberParameter(
  request: S3Request,
  name: string,
  { fallback, min, max }: { fallback: number; min: number; max: number },
): number {
  const text = parameter(request, name)
  if (text === undefined || text === '') return fallback
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN
  if (!(value >= min && value <= max)) throw new S3Error('InvalidArgument', `${name} must be ${min} to ${max}.`)
  return value
}
