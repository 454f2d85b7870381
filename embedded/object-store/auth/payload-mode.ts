import { S3Error } from '../errors'

/** What the signatures of chunks are made with: each one covers the one before it, the first one that of the request. */
export type ChunkSigning = { key: Uint8Array; scope: string; longDate: string; signature: string }

/** How a body is sent and what vouches for it. */
export type PayloadMode =
  /** As it is; the signature covers its SHA-256. */
  | { kind: 'whole'; sha256: string }
  /** As it is; nothing vouches for it but Content-MD5 or a checksum. */
  | { kind: 'unsigned' }
  /** aws-chunked: each chunk signed, or none; perhaps with a trailer that carries a checksum. */
  | { kind: 'chunked'; signing: ChunkSigning | null; trailer: boolean }

/** @throws S3Error when `contentSha256` is none of what S3 knows */
export function payloadMode(contentSha256: string, signing: ChunkSigning): PayloadMode {
  if (/^[0-9a-f]{64}$/.test(contentSha256)) return { kind: 'whole', sha256: contentSha256 }
  switch (contentSha256) {
    case 'UNSIGNED-PAYLOAD':
      return { kind: 'unsigned' }
    case 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD':
      return { kind: 'chunked', signing, trailer: false }
    case 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER':
      return { kind: 'chunked', signing, trailer: true }
    case 'STREAMING-UNSIGNED-PAYLOAD-TRAILER':
      return { kind: 'chunked', signing: null, trailer: true }
    default:
      throw new S3Error(
        'InvalidArgument',
        'x-amz-content-sha256 is not a SHA-256 in hex and no mode that is known here.',
      )
  }
}
