import { numberParameter, parameter } from '../request'
import { bytes, toUpload } from '../storage/catalogue'
import { toXml } from '../xml'
import { checksumElements } from './checksum-headers'
import { behind, nameEncoder } from './listing'
import { uploadOf } from './multipart'
import type { Answer, BucketCall, ObjectCall } from './operation'
import { quoted } from './stored-headers'

const MAX = 1000
const PAGE = { fallback: MAX, min: 1, max: 2 ** 31 - 1 }
const OWNER = { ID: 'stout', DisplayName: 'stout' }

/** The parts of an upload that have arrived. */
export async function listParts(call: ObjectCall): Promise<Answer> {
  const { store, bucket, key, request } = call
  const upload = uploadOf(call)
  const marker = numberParameter(request, 'part-number-marker', { fallback: 0, min: 0, max: 10_000 })
  const limit = Math.min(numberParameter(request, 'max-parts', PAGE), MAX)
  const parts = store.catalogue.pieces(upload.id).filter(({ n }) => n > marker)
  const shown = parts.slice(0, limit)
  return {
    status: 200,
    body: toXml('ListPartsResult', {
      Bucket: bucket,
      Key: key,
      UploadId: upload.id,
      PartNumberMarker: marker,
      NextPartNumberMarker: shown.at(-1)?.n,
      MaxParts: limit,
      IsTruncated: parts.length > shown.length,
      StorageClass: 'STANDARD',
      Owner: OWNER,
      Initiator: OWNER,
      ChecksumAlgorithm: upload.algorithm ?? undefined,
      ChecksumType: upload.algorithm ? 'COMPOSITE' : undefined,
      Part: shown.map(({ n, etag, sizeBytes, modifiedAt, checksum }) => {
        const { ChecksumType: _ofWhole, ...ofPart } = checksumElements(checksum)
        const told = { LastModified: new Date(modifiedAt).toISOString(), ETag: quoted(etag), Size: sizeBytes }
        return { PartNumber: n, ...told, ...ofPart }
      }),
    }),
  }
}

/** The uploads that were begun and neither completed nor aborted. */
export async function listMultipartUploads(call: BucketCall): Promise<Answer> {
  const { store, bucket, request } = call
  store.catalogue.requireBucket(bucket)
  const [prefix = '', keyMarker = '', idMarker = ''] = ['prefix', 'key-marker', 'upload-id-marker'].map((name) =>
    parameter(request, name),
  )
  const limit = Math.min(numberParameter(request, 'max-uploads', PAGE), MAX)
  const sql = `select * from uploads where bucket = ? and key >= ? and key < ? and (key > ? or (key = ? and id > ?))
    order by key, id limit ?`
  const marker = bytes(keyMarker)
  // Without an id the whole key lies behind the marker.
  const id = idMarker === '' && keyMarker !== '' ? '~' : idMarker
  const start = bytes(prefix)
  const found = store.catalogue.all(sql, bucket, start, behind(start), marker, marker, id, limit + 1).map(toUpload)
  const shown = found.slice(0, limit)
  const more = found.length > shown.length
  const name = nameEncoder(call)
  const last = more ? shown.at(-1) : undefined
  return {
    status: 200,
    body: toXml('ListMultipartUploadsResult', {
      Bucket: bucket,
      KeyMarker: name(keyMarker),
      UploadIdMarker: idMarker,
      NextKeyMarker: last && name(last.key),
      NextUploadIdMarker: last?.id,
      Prefix: name(prefix),
      EncodingType: parameter(request, 'encoding-type'),
      MaxUploads: limit,
      IsTruncated: more,
      Upload: shown.map((upload) => ({
        Key: name(upload.key),
        UploadId: upload.id,
        Initiated: new Date(upload.startedAt).toISOString(),
        StorageClass: 'STANDARD',
        Owner: OWNER,
        Initiator: OWNER,
        ChecksumAlgorithm: upload.algorithm ?? undefined,
      })),
    }),
  }
}
