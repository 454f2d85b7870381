import { randomBytes } from 'node:crypto'
import type { Received } from '../body/body'
import type { Piece, StoredHeaders, StoredObject } from '../storage/catalogue'
import { checksumHeaders } from './checksum-headers'
import { writeCondition } from './conditions'
import type { Answer, ObjectCall } from './operation'
import { receiveFile } from './receive-file'
import { quoted, storedHeaders } from './stored-headers'

export async function putObject(call: ObjectCall): Promise<Answer> {
  const { store, bucket, key } = call
  const { catalogue, files, now } = store
  const condition = writeCondition(call.headers)
  const headers = storedHeaders(call.headers)
  catalogue.requireBucket(bucket)
  condition(catalogue.object(bucket, key)) // before the bytes travel; what counts is the one at the end
  return await receiveFile(call, undefined, (received, file) => {
    const { object, piece } = plainObject(key, received, file, headers, now())
    files.remove(catalogue.putObject(bucket, object, [piece], condition))
    return { status: 200, headers: { etag: quoted(object.etag), ...checksumHeaders(object.checksum) } }
  })
}

/** An object that is made of one file. */
export function plainObject(
  key: string,
  { sizeBytes, md5, checksum }: Received,
  file: string,
  headers: StoredHeaders,
  at: Date,
): { object: StoredObject; piece: Piece } {
  const common = { sizeBytes, etag: md5, modifiedAt: at.getTime(), checksum }
  return {
    object: { key, id: randomBytes(16).toString('hex'), headers, ...common },
    piece: { n: 1, file, ...common },
  }
}
