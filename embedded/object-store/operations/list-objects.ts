import { S3Error } from '../errors'
import { numberParameter, parameter } from '../request'
import { bytes, type Catalogue, type StoredObject, text, toObject } from '../storage/catalogue'
import { toXml } from '../xml'
import { checksumType } from './checksum-headers'
import { behind, nameEncoder } from './listing'
import type { Answer, BucketCall } from './operation'
import { quoted } from './stored-headers'

const MAX_KEYS = 1000
/** With a delimiter few rows are read at first: most of them may lie behind one common prefix. */
const FEW_ROWS = 2

type Entry = { object: StoredObject } | { commonPrefix: string }
type Query = { prefix: Buffer; delimiter: Buffer; from: Buffer; limit: number }

/** ListObjectsV2. The token is the first key that the next page may hold. */
export async function listObjects(call: BucketCall): Promise<Answer> {
  const { store, bucket, request } = call
  store.catalogue.requireBucket(bucket)
  if (parameter(request, 'list-type') !== '2') throw new S3Error('InvalidArgument', 'list-type must be 2.')
  const [prefix, delimiter, startAfter, token] = ['prefix', 'delimiter', 'start-after', 'continuation-token'].map(
    (name) => parameter(request, name),
  )
  const asked = numberParameter(request, 'max-keys', { fallback: MAX_KEYS, min: 0, max: 2 ** 31 - 1 })
  const limit = Math.min(asked, MAX_KEYS)
  const from =
    token === undefined ? Buffer.concat([bytes(startAfter ?? ''), startAfter ? ZERO : EMPTY]) : readToken(token)
  const query = { prefix: bytes(prefix ?? ''), delimiter: bytes(delimiter ?? ''), from, limit }
  const { entries, next } = limit === 0 ? { entries: [], next: null } : page(store.catalogue, bucket, query)
  const name = nameEncoder(call)
  return {
    status: 200,
    body: toXml('ListBucketResult', {
      Name: bucket,
      Prefix: name(prefix ?? ''),
      Delimiter: delimiter && name(delimiter),
      StartAfter: startAfter && name(startAfter),
      ContinuationToken: token,
      EncodingType: parameter(request, 'encoding-type'),
      MaxKeys: asked,
      KeyCount: entries.length,
      IsTruncated: next !== null,
      NextContinuationToken: next?.toString('base64url'),
      Contents: entries.flatMap((entry) => ('object' in entry ? [contents(entry.object, name)] : [])),
      CommonPrefixes: entries.flatMap((entry) => ('object' in entry ? [] : [{ Prefix: name(entry.commonPrefix) }])),
    }),
  }
}

const ZERO = Buffer.from([0])
const EMPTY = Buffer.alloc(0)

/** Up to `limit` objects and common prefixes in the order of keys, and where the next page begins, if there is one. */
function page(catalogue: Catalogue, bucket: string, query: Query): { entries: Entry[]; next: Buffer | null } {
  const { prefix, delimiter, limit } = query
  const end = behind(prefix)
  const entries: Entry[] = []
  let from = Buffer.compare(query.from, prefix) > 0 ? query.from : prefix
  let want = delimiter.length > 0 ? FEW_ROWS : limit + 1
  for (;;) {
    const sql = 'select * from objects where bucket = ? and key >= ? and key < ? order by key limit ?'
    const rows = catalogue.all(sql, bucket, from, end, want)
    let skipped = false
    for (const row of rows) {
      const key = Buffer.from(row.key as Uint8Array)
      if (entries.length === limit) return { entries, next: key }
      const cut = delimiter.length > 0 ? key.indexOf(delimiter, prefix.length) : -1
      if (cut < 0) {
        entries.push({ object: toObject(row) })
        from = Buffer.concat([key, ZERO])
        continue
      }
      const common = key.subarray(0, cut + delimiter.length)
      entries.push({ commonPrefix: text(common) })
      from = behind(common)
      skipped = true
      break
    }
    if (!skipped && rows.length < want) return { entries, next: null }
    want = skipped ? FEW_ROWS : Math.min(4 * want, limit + 1)
  }
}

function contents({ key, modifiedAt, etag, sizeBytes, checksum }: StoredObject, name: (key: string) => string) {
  return {
    Key: name(key),
    LastModified: new Date(modifiedAt).toISOString(),
    ETag: quoted(etag),
    ChecksumAlgorithm: checksum?.algorithm,
    ChecksumType: checksum ? checksumType(checksum) : undefined,
    Size: sizeBytes,
    StorageClass: 'STANDARD',
  }
}

function readToken(token: string): Buffer {
  if (!/^[A-Za-z0-9_-]+$/.test(token))
    throw new S3Error('InvalidArgument', 'The continuation token is not one of ours.')
  return Buffer.from(token, 'base64url')
}
