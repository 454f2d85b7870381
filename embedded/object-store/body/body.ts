import { createHash } from 'node:crypto'
import type { PayloadMode } from '../auth/payload-mode'
import { S3Error } from '../errors'
import type { S3Request } from '../request'
import { decodeAwsChunked } from './aws-chunked'
import {
  algorithmNamed,
  type Checksum,
  type ChecksumAlgorithm,
  checkedValue,
  givenChecksum,
  newDigest,
} from './checksums'

/** What is known of a body after its last byte. */
export type Received = { sizeBytes: number; md5: string; checksum: Checksum | null }

/** The body of an authenticated request. */
export type Body = {
  /** As the client said; null when it did not say. */
  sizeBytes: number | null
  /**
   * Hands every byte to `sink` and returns once all of it was what the client vouched for: length, SHA-256 or signatures of
   * chunks, Content-MD5, checksum. Until then the bytes must not be believed.
   * @param wanted the algorithm to compute a checksum with when none was given
   * @throws S3Error
   */
  receive(sink: (chunk: Buffer) => Promise<void>, wanted?: ChecksumAlgorithm): Promise<Received>
}

type Promised = { md5: string | null; checksum: Checksum | null; trailing: ChecksumAlgorithm | null }

/**
 * @param source the bytes on the wire
 * @throws S3Error when what the headers say of the body is malformed
 */
export function openBody(
  request: Pick<S3Request, 'headers'>,
  payload: PayloadMode,
  source: AsyncIterable<Buffer>,
): Body {
  const sizeBytes = readLength(request.headers, payload)
  const promised = readPromises(request.headers, payload)
  return {
    sizeBytes,
    receive: async (sink, wanted) => {
      const algorithm = promised.checksum?.algorithm ?? promised.trailing ?? wanted ?? null
      const trailer = new Map<string, string>()
      const frames = (name: string, value: string) => void trailer.set(name, value)
      const bytes = payload.kind === 'chunked' ? decodeAwsChunked(source, payload, frames) : source
      const sums = await passOn(bytes, sink, sizeBytes, { sha256: payload.kind === 'whole', algorithm })
      if (payload.kind === 'whole' && sums.sha256 !== payload.sha256) throw new S3Error('XAmzContentSHA256Mismatch')
      if (promised.md5 !== null && promised.md5 !== sums.md5) throw new S3Error('BadDigest')
      const expected = promised.trailing ? trailingChecksum(promised.trailing, trailer) : promised.checksum
      if (expected && expected.value !== sums.checksum?.value)
        throw new S3Error('BadDigest', `The ${expected.algorithm} that was sent does not match what was received.`)
      return { sizeBytes: sums.sizeBytes, md5: sums.md5, checksum: sums.checksum }
    },
  }
}

function readLength(headers: ReadonlyMap<string, string>, payload: PayloadMode): number | null {
  const name = payload.kind === 'chunked' ? 'x-amz-decoded-content-length' : 'content-length'
  const text = headers.get(name)
  if (text === undefined) {
    if (payload.kind === 'chunked') throw new S3Error('MissingContentLength', `The header ${name} is needed.`)
    return null
  }
  if (!/^\d{1,15}$/.test(text)) throw new S3Error('InvalidArgument', `${name} is not a number of bytes.`)
  return Number(text)
}

function readPromises(headers: ReadonlyMap<string, string>, payload: PayloadMode): Promised {
  const contentMd5 = headers.get('content-md5')
  const md5 = contentMd5 === undefined ? null : Buffer.from(contentMd5, 'base64')
  if (md5 && md5.length !== 16) throw new S3Error('InvalidDigest')
  const trailer = headers.get('x-amz-trailer')
  const trailing =
    trailer !== undefined && payload.kind === 'chunked' && payload.trailer ? readTrailerName(trailer) : null
  if (trailer !== undefined && !trailing)
    throw new S3Error('InvalidRequest', 'x-amz-trailer needs a body with a trailer.')
  const checksum = givenChecksum(headers)
  if (checksum && trailing) throw new S3Error('InvalidRequest', 'Only one checksum can be given.')
  return { md5: md5?.toString('hex') ?? null, checksum, trailing }
}

function readTrailerName(trailer: string): ChecksumAlgorithm {
  const found = /^x-amz-checksum-([a-z0-9]+)$/.exec(trailer.toLowerCase())
  if (!found) throw new S3Error('InvalidRequest', 'A trailer can only carry one checksum.')
  return algorithmNamed(found[1] ?? '')
}

function trailingChecksum(algorithm: ChecksumAlgorithm, trailer: ReadonlyMap<string, string>): Checksum {
  const [first, ...others] = [...trailer]
  if (!first || others.length > 0 || first[0] !== `x-amz-checksum-${algorithm.toLowerCase()}`)
    throw new S3Error('MalformedTrailerError')
  return { algorithm, value: checkedValue(algorithm, first[1]) }
}

async function passOn(
  bytes: AsyncIterable<Buffer>,
  sink: (chunk: Buffer) => Promise<void>,
  expectedBytes: number | null,
  want: { sha256: boolean; algorithm: ChecksumAlgorithm | null },
): Promise<Received & { sha256: string | null }> {
  const md5 = createHash('md5')
  const sha256 = want.sha256 ? createHash('sha256') : null
  // A SHA-256 that is needed for both is computed once.
  const shared = sha256 !== null && want.algorithm === 'SHA256'
  const digest = want.algorithm && !shared ? newDigest(want.algorithm) : null
  let sizeBytes = 0
  for await (const chunk of bytes) {
    sizeBytes += chunk.length
    if (expectedBytes !== null && sizeBytes > expectedBytes) throw new S3Error('IncompleteBody')
    md5.update(chunk)
    sha256?.update(chunk)
    digest?.update(chunk)
    await sink(chunk)
  }
  if (expectedBytes !== null && sizeBytes !== expectedBytes) throw new S3Error('IncompleteBody')
  const whole = sha256?.digest() ?? null
  const value = shared ? whole?.toString('base64') : digest?.base64()
  const checksum = want.algorithm && value !== undefined ? { algorithm: want.algorithm, value } : null
  return { sizeBytes, md5: md5.digest('hex'), sha256: whole?.toString('hex') ?? null, checksum }
}
