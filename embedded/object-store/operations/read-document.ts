import { S3Error } from '../errors'
import { type Element, readXml } from '../xml'
import type { Call } from './operation'

/** Ten thousand parts with checksums fit well. */
const LIMIT_BYTES = 4 * 1024 * 1024

/** The XML that a request carries. @throws S3Error MalformedXML, also when it is larger than any that makes sense */
export async function readDocument({ body }: Call, root: string): Promise<Element> {
  const chunks: Buffer[] = []
  let sizeBytes = 0
  await body.receive(async (chunk) => {
    sizeBytes += chunk.length
    if (sizeBytes > LIMIT_BYTES) throw new S3Error('MalformedXML', 'The XML is too large.')
    chunks.push(chunk)
  })
  return readXml(Buffer.concat(chunks).toString('utf8'), root)
}
