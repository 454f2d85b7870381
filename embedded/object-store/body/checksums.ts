import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { S3Error } from '../errors'

/** Algorithms of checksums that the store can verify. S3 knows more; those are refused, never ignored. */
export const CHECKSUM_ALGORITHMS = ['CRC32', 'SHA1', 'SHA256'] as const
export type ChecksumAlgorithm = (typeof CHECKSUM_ALGORITHMS)[number]

/** A checksum in base64; one of a multipart object is `<base64>-<parts>` over the checksums of its parts. */
export type Checksum = { algorithm: ChecksumAlgorithm; value: string }

const BYTES = { CRC32: 4, SHA1: 20, SHA256: 32 } as const
const NOT_CHECKSUMS = new Set(['x-amz-checksum-mode', 'x-amz-checksum-algorithm', 'x-amz-checksum-type'])

export const checksumHeader = (algorithm: ChecksumAlgorithm) => `x-amz-checksum-${algorithm.toLowerCase()}`

export interface Digest {
  update(chunk: Uint8Array): void
  base64(): string
}

export function newDigest(algorithm: ChecksumAlgorithm): Digest {
  if (algorithm !== 'CRC32') {
    const hash = createHash(algorithm === 'SHA1' ? 'sha1' : 'sha256')
    return { update: (chunk) => void hash.update(chunk), base64: () => hash.digest('base64') }
  }
  let value = 0
  return {
    update: (chunk) => {
      value = crc32(chunk, value)
    },
    base64: () => {
      const bytes = Buffer.alloc(4)
      bytes.writeUInt32BE(value)
      return bytes.toString('base64')
    },
  }
}

/** The checksum that a request or a part of its XML names, if any. @throws S3Error when there is more than one, or it is malformed */
export function givenChecksum(headers: ReadonlyMap<string, string>): Checksum | null {
  const given = [...headers].filter(([name]) => name.startsWith('x-amz-checksum-') && !NOT_CHECKSUMS.has(name))
  if (given.length > 1) throw new S3Error('InvalidRequest', 'Only one checksum can be given.')
  const [first] = given
  if (!first) return null
  const algorithm = algorithmNamed(first[0].slice('x-amz-checksum-'.length))
  return { algorithm, value: checkedValue(algorithm, first[1]) }
}

/** @throws S3Error when it is not one that the store can verify */
export function algorithmNamed(name: string): ChecksumAlgorithm {
  const found = CHECKSUM_ALGORITHMS.find((algorithm) => algorithm === name.toUpperCase())
  if (!found) throw new S3Error('NotImplemented', `Checksums are ${CHECKSUM_ALGORITHMS.join(', ')}; not ${name}.`)
  return found
}

export function checkedValue(algorithm: ChecksumAlgorithm, value: string): string {
  if (Buffer.from(value, 'base64').length !== BYTES[algorithm] || !/^[A-Za-z0-9+/]+=*$/.test(value))
    throw new S3Error('InvalidRequest', `The value of ${checksumHeader(algorithm)} is malformed.`)
  return value
}

/** The checksum of a multipart object: over the raw checksums of its parts, and how many there were. */
export function compositeChecksum(algorithm: ChecksumAlgorithm, parts: readonly string[]): Checksum {
  const digest = newDigest(algorithm)
  for (const value of parts) digest.update(Buffer.from(value, 'base64'))
  return { algorithm, value: `${digest.base64()}-${parts.length}` }
}
