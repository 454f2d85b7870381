import { S3Error } from '../errors'
import { parameter } from '../request'
import type { Piece, StoredObject } from '../storage/catalogue'
import type { DataFiles } from '../storage/data-files'
import { byteRange } from './byte-range'
import { checksumHeaders } from './checksum-headers'
import { isNotModified, rangeStands } from './conditions'
import type { Answer, ObjectCall } from './operation'
import { checkHeaderValue, objectHeaders } from './stored-headers'

/** Parameters of the query that put a header of their own into the answer. */
export const OVERRIDES = ['type', 'language', 'disposition', 'encoding'].map((name) => `response-content-${name}`)
OVERRIDES.push('response-cache-control', 'response-expires')

/** GET, and HEAD, which is the same without the bytes. */
export async function getObject(call: ObjectCall): Promise<Answer> {
  const { store, bucket, key, request } = call
  store.catalogue.requireBucket(bucket)
  const object = store.catalogue.object(bucket, key)
  if (!object) throw new S3Error('NoSuchKey')
  const headers = { ...objectHeaders(object), ...overrides(call) }
  if (isNotModified(object, call.headers)) {
    const { etag, 'last-modified': lastModified } = headers
    return { status: 304, headers: { etag: etag ?? '', 'last-modified': lastModified ?? '' } }
  }
  const asked = rangeStands(object, call.headers) ? call.headers.get('range') : undefined
  const range = byteRange(asked, object.sizeBytes)
  const { start, end } = range ?? { start: 0, end: object.sizeBytes }
  headers['content-length'] = String(end - start)
  if (range) headers['content-range'] = `bytes ${start}-${end - 1}/${object.sizeBytes}`
  else if (call.headers.get('x-amz-checksum-mode')?.toUpperCase() === 'ENABLED')
    Object.assign(headers, checksumHeaders(object.checksum))
  const status = range ? 206 : 200
  if (request.method === 'HEAD') return { status, headers }
  return { status, headers, body: bytesOf(store.files, store.catalogue.pieces(object.id), object, start, end) }
}

function overrides({ request }: ObjectCall): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const name of OVERRIDES) {
    const value = parameter(request, name)
    if (value !== undefined) headers[name.slice('response-'.length)] = checkHeaderValue(name, value)
  }
  return headers
}

/** The bytes as they were when this was called, whatever is put in their place meanwhile. */
export function bytesOf(
  files: DataFiles,
  pieces: readonly Piece[],
  { sizeBytes }: Pick<StoredObject, 'sizeBytes'>,
  start = 0,
  end = sizeBytes,
): { bytes: AsyncIterable<Buffer>; release: () => void } {
  const release = files.hold(pieces.map(({ file }) => file))
  async function* read() {
    let at = 0
    for (const piece of pieces) {
      const from = Math.max(start - at, 0)
      const to = Math.min(end - at, piece.sizeBytes)
      if (from < to) yield* files.read(piece.file, from, to)
      at += piece.sizeBytes
    }
  }
  return { bytes: read(), release }
}
