import { createHash } from 'node:crypto'
import { checksumHeader, compositeChecksum } from '../body/checksums'
import { S3Error } from '../errors'
import { parameter } from '../request'
import type { Piece, StoredObject, Upload } from '../storage/catalogue'
import { type Element, elements, textOf, toXml } from '../xml'
import { checksumElements } from './checksum-headers'
import { writeCondition } from './conditions'
import { uploadOf } from './multipart'
import type { Answer, ObjectCall } from './operation'
import { readDocument } from './read-document'
import { quoted } from './stored-headers'

type Named = { n: number; etag: string; checksum: string | undefined }

/**
 * Makes an object of the parts that the client names. No byte is moved: the parts become the pieces of the object. Said
 * again after an answer was lost, it gives the same answer for as long as the object is there.
 */
export async function completeMultipartUpload(call: ObjectCall): Promise<Answer> {
  const { store, bucket, key, headers, request } = call
  const document = await readDocument(call, 'CompleteMultipartUpload')
  const done = store.catalogue.object(bucket, key)
  if (done && done.id === parameter(request, 'uploadId')) return answer(bucket, done)
  const upload = uploadOf(call)
  const named = elements(document, 'Part').map((part) => readPart(part, upload))
  const pieces = choose(named, store.catalogue.pieces(upload.id), upload, store.limits.minPartBytes)
  const object = makeObject(upload, pieces, store.now())
  const expected = upload.algorithm && headers.get(checksumHeader(upload.algorithm))
  if (expected && expected !== object.checksum?.value && `${expected}-${pieces.length}` !== object.checksum?.value)
    throw new S3Error('BadDigest', 'The checksum of the object is another.')
  const size = headers.get('x-amz-mp-object-size')
  if (size !== undefined && size !== String(object.sizeBytes))
    throw new S3Error('InvalidRequest', `The parts have ${object.sizeBytes} bytes together.`)
  store.files.remove(store.catalogue.completeUpload(upload, object, pieces, writeCondition(headers)))
  return answer(bucket, object)
}

function answer(bucket: string, { key, etag, checksum }: StoredObject): Answer {
  const where = { Location: `/${bucket}/${encodeURI(key)}`, Bucket: bucket, Key: key }
  const told = { ...where, ETag: quoted(etag), ...checksumElements(checksum) }
  return { status: 200, body: toXml('CompleteMultipartUploadResult', told) }
}

function readPart(part: Element, { algorithm }: Upload): Named {
  const n = Number(textOf(part, 'PartNumber'))
  const etag = textOf(part, 'ETag')?.trim().replace(/^"|"$/g, '')
  if (!Number.isInteger(n) || etag === undefined) throw new S3Error('MalformedXML')
  const checksum = algorithm ? textOf(part, `Checksum${algorithm}`) : undefined
  if (algorithm && checksum === undefined)
    throw new S3Error('InvalidRequest', `The upload is checked by ${algorithm}; part ${n} comes without.`)
  return { n, etag, checksum }
}

function choose(named: readonly Named[], parts: readonly Piece[], upload: Upload, minBytes: number): Piece[] {
  if (named.length === 0) throw new S3Error('MalformedXML')
  const byNumber = new Map(parts.map((part) => [part.n, part]))
  const chosen = named.map(({ n, etag, checksum }, i) => {
    if (i > 0 && n <= (named[i - 1]?.n ?? 0)) throw new S3Error('InvalidPartOrder')
    const part = byNumber.get(n)
    if (!part || part.etag !== etag) throw new S3Error('InvalidPart')
    if (upload.algorithm && part.checksum?.value !== checksum) throw new S3Error('InvalidPart')
    return part
  })
  if (chosen.slice(0, -1).some(({ sizeBytes }) => sizeBytes < minBytes)) throw new S3Error('EntityTooSmall')
  return chosen
}

function makeObject({ id, key, algorithm, headers }: Upload, pieces: readonly Piece[], at: Date): StoredObject {
  const md5 = createHash('md5')
  for (const { etag } of pieces) md5.update(Buffer.from(etag, 'hex'))
  const sums = pieces.map(({ checksum }) => checksum?.value ?? '')
  return {
    key,
    id,
    sizeBytes: pieces.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    etag: `${md5.digest('hex')}-${pieces.length}`,
    modifiedAt: at.getTime(),
    checksum: algorithm && compositeChecksum(algorithm, sums),
    headers,
  }
}
