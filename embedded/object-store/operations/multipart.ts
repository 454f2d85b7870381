import { randomBytes } from 'node:crypto'
import { algorithmNamed, givenChecksum } from '../body/checksums'
import { S3Error } from '../errors'
import { numberParameter, parameter } from '../request'
import type { Upload } from '../storage/catalogue'
import { toXml } from '../xml'
import { checksumHeaders } from './checksum-headers'
import type { Answer, ObjectCall } from './operation'
import { receiveFile } from './receive-file'
import { quoted, storedHeaders } from './stored-headers'

const MAX_PARTS = 10_000

/** Begins an upload in parts. With a checksum algorithm each part is checked, and the object gets a composite checksum. */
export async function createMultipartUpload(call: ObjectCall): Promise<Answer> {
  const { store, bucket, key, headers } = call
  store.catalogue.requireBucket(bucket)
  const asked = headers.get('x-amz-checksum-algorithm')
  const algorithm = asked === undefined ? null : algorithmNamed(asked)
  const type = headers.get('x-amz-checksum-type') ?? 'COMPOSITE'
  if (type !== 'COMPOSITE') throw new S3Error('NotImplemented', 'Checksums of uploads in parts are COMPOSITE.')
  const id = randomBytes(16).toString('hex')
  const startedAt = store.now().getTime()
  store.catalogue.createUpload({ id, bucket, key, startedAt, algorithm, headers: storedHeaders(headers) })
  return {
    status: 200,
    headers: algorithm ? { 'x-amz-checksum-algorithm': algorithm, 'x-amz-checksum-type': type } : {},
    body: toXml('InitiateMultipartUploadResult', { Bucket: bucket, Key: key, UploadId: id }),
  }
}

/** Takes one part; the newest with a number counts. */
export async function uploadPart(call: ObjectCall): Promise<Answer> {
  const { store, headers } = call
  const upload = uploadOf(call)
  const n = numberParameter(call.request, 'partNumber', { fallback: 0, min: 1, max: MAX_PARTS })
  if (n === 0) throw new S3Error('InvalidArgument', `partNumber must be 1 to ${MAX_PARTS}.`)
  const given = givenChecksum(headers)
  if (given && upload.algorithm && given.algorithm !== upload.algorithm)
    throw new S3Error('InvalidRequest', `The parts of this upload are checked by ${upload.algorithm}.`)
  return await receiveFile(call, upload.algorithm ?? undefined, ({ sizeBytes, md5, checksum }, file) => {
    const modifiedAt = store.now().getTime()
    store.files.remove(store.catalogue.putPart(upload.id, { n, file, sizeBytes, etag: md5, modifiedAt, checksum }))
    const { 'x-amz-checksum-type': _ofWhole, ...ofPart } = checksumHeaders(checksum)
    return { status: 200, headers: { etag: quoted(md5), ...ofPart } }
  })
}

export async function abortMultipartUpload(call: ObjectCall): Promise<Answer> {
  const upload = uploadOf(call)
  call.store.files.remove(call.store.catalogue.abortUpload(upload.id))
  return { status: 204 }
}

/** The upload that a request names. @throws S3Error NoSuchUpload, also when it is one of another key */
export function uploadOf({ store, bucket, key, request }: ObjectCall): Upload {
  store.catalogue.requireBucket(bucket)
  const upload = store.catalogue.upload(parameter(request, 'uploadId') ?? '')
  if (!upload || upload.bucket !== bucket || upload.key !== key) throw new S3Error('NoSuchUpload')
  return upload
}
