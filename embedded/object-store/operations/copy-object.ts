import { createHash } from 'node:crypto'
import type { Received } from '../body/body'
import { algorithmNamed, type ChecksumAlgorithm, newDigest } from '../body/checksums'
import { S3Error } from '../errors'
import { checkKey } from '../request'
import { toXml } from '../xml'
import { checksumElements } from './checksum-headers'
import { writeCondition } from './conditions'
import { bytesOf } from './get-object'
import type { Answer, ObjectCall } from './operation'
import { plainObject } from './put-object'
import { writeFile } from './receive-file'
import { quoted, storedHeaders } from './stored-headers'

/** Copies an object within the store, byte by byte; what was uploaded in parts is one piece afterwards. */
export async function copyObject(call: ObjectCall): Promise<Answer> {
  const { store, bucket, key, headers } = call
  const { catalogue, files, now, limits } = store
  const source = readSource(headers.get('x-amz-copy-source') ?? '')
  catalogue.requireBucket(bucket)
  catalogue.requireBucket(source.bucket)
  const object = catalogue.object(source.bucket, source.key)
  if (!object) throw new S3Error('NoSuchKey')
  if (object.sizeBytes > limits.maxPutBytes) throw new S3Error('EntityTooLarge')
  const replace = readDirective(headers.get('x-amz-metadata-directive'))
  if (!replace && source.bucket === bucket && source.key === key)
    throw new S3Error('InvalidRequest', 'A copy onto itself must replace the metadata.')
  const condition = writeCondition(headers)
  const asked = headers.get('x-amz-checksum-algorithm')
  const algorithm = asked === undefined ? object.checksum?.algorithm : algorithmNamed(asked)
  const { bytes, release } = bytesOf(files, catalogue.pieces(object.id), object)
  try {
    return await writeFile(
      store,
      (sink) => summed(bytes, sink, algorithm),
      (received, file) => {
        const stored = replace ? storedHeaders(headers) : object.headers
        const copy = plainObject(key, received, file, stored, now())
        files.remove(catalogue.putObject(bucket, copy.object, [copy.piece], condition))
        const { etag, modifiedAt, checksum } = copy.object
        const told = { ETag: quoted(etag), LastModified: new Date(modifiedAt).toISOString() }
        return { status: 200, body: toXml('CopyObjectResult', { ...told, ...checksumElements(checksum) }) }
      },
    )
  } finally {
    release()
  }
}

function readSource(header: string): { bucket: string; key: string } {
  const [path = '', version] = header.split('?')
  if (version !== undefined) throw new S3Error('NotImplemented', 'There are no versions.')
  let decoded: string
  try {
    decoded = decodeURIComponent(path).replace(/^\//, '')
  } catch {
    throw new S3Error('InvalidArgument', 'x-amz-copy-source can not be decoded.')
  }
  const slash = decoded.indexOf('/')
  if (slash < 1 || slash === decoded.length - 1)
    throw new S3Error('InvalidArgument', 'x-amz-copy-source must be <bucket>/<key>.')
  const key = decoded.slice(slash + 1)
  checkKey(key)
  return { bucket: decoded.slice(0, slash), key }
}

function readDirective(directive = 'COPY'): boolean {
  if (directive !== 'COPY' && directive !== 'REPLACE')
    throw new S3Error('InvalidArgument', 'x-amz-metadata-directive must be COPY or REPLACE.')
  return directive === 'REPLACE'
}

async function summed(
  bytes: AsyncIterable<Buffer>,
  sink: (chunk: Buffer) => Promise<void>,
  algorithm: ChecksumAlgorithm | undefined,
): Promise<Received> {
  const md5 = createHash('md5')
  const digest = algorithm && newDigest(algorithm)
  let sizeBytes = 0
  for await (const chunk of bytes) {
    sizeBytes += chunk.length
    md5.update(chunk)
    digest?.update(chunk)
    await sink(chunk)
  }
  const checksum = algorithm && digest ? { algorithm, value: digest.base64() } : null
  return { sizeBytes, md5: md5.digest('hex'), checksum }
}
