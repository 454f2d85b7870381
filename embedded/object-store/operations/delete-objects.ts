import { S3Error } from '../errors'
import { elements, textOf, toXml } from '../xml'
import type { Answer, BucketCall } from './operation'
import { readDocument } from './read-document'

const MAX_KEYS = 1000

/** Removes up to 1000 objects at once, all of them or, after a fault, none. */
export async function deleteObjects(call: BucketCall): Promise<Answer> {
  const { store, bucket, headers } = call
  const vouched =
    headers.has('content-md5') || [...headers.keys()].some((name) => /^x-amz-(checksum-|trailer)/.test(name))
  if (!vouched) throw new S3Error('InvalidRequest', 'A batch needs Content-MD5 or a checksum.')
  const document = await readDocument(call, 'Delete')
  const wanted = elements(document, 'Object')
  if (wanted.length === 0 || wanted.length > MAX_KEYS) throw new S3Error('MalformedXML')
  const keys = wanted.map((object) => {
    const key = textOf(object, 'Key')
    if (key === undefined) throw new S3Error('MalformedXML')
    const more = Object.keys(object).filter((name) => !['Key', '#text'].includes(name))
    if (more.length > 0) throw new S3Error('NotImplemented', `A batch can not say ${more.join(', ')}.`)
    return key
  })
  store.files.remove(store.catalogue.removeObjects(bucket, keys))
  const quiet = textOf(document, 'Quiet') === 'true'
  return { status: 200, body: toXml('DeleteResult', quiet ? {} : { Deleted: keys.map((Key) => ({ Key })) }) }
}
