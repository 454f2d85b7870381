import { GetObjectCommand, HeadObjectCommand, PutObjectCommand, UploadPartCommand } from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import type { Store } from './store'

/** A request that somebody else makes as it stands: the signature covers method, URL, every header here, and the body by its hash. */
export type SignedUpload = { url: string; headers: Record<string, string> }

/** A checksum travels as a header, so that it is signed with its value and the store compares it. */
const UNHOISTABLE = new Set(['x-amz-checksum-sha256'])
const UPLOAD_SECONDS = 3_600
const DOWNLOAD_SECONDS = 60

const base64 = (hex: string) => Buffer.from(hex, 'hex').toString('base64')

/** One upload of exactly these bytes under this key, within an hour. `sha256` in hex. */
export async function presignPut(
  { signer, bucket }: Store,
  key: string,
  { sizeBytes, sha256, contentType }: { sizeBytes: number; sha256: string; contentType: string },
): Promise<SignedUpload> {
  const command = new PutObjectCommand({
    Bucket: bucket,
    Key: key,
    ContentLength: sizeBytes,
    ContentType: contentType,
    ChecksumSHA256: base64(sha256),
  })
  const url = await getSignedUrl(signer, command, {
    expiresIn: UPLOAD_SECONDS,
    unhoistableHeaders: UNHOISTABLE,
    signableHeaders: new Set(['content-length', 'content-type', 'host', 'x-amz-checksum-sha256']),
  })
  return { url, headers: { 'content-type': contentType, 'x-amz-checksum-sha256': base64(sha256) } }
}

/** One part of a multipart upload, likewise. @param number from 1 */
export async function presignPart(
  { signer, bucket }: Store,
  key: string,
  part: { uploadId: string; number: number; sizeBytes: number; sha256: string },
): Promise<SignedUpload> {
  const command = new UploadPartCommand({
    Bucket: bucket,
    Key: key,
    UploadId: part.uploadId,
    PartNumber: part.number,
    ContentLength: part.sizeBytes,
    ChecksumSHA256: base64(part.sha256),
  })
  const url = await getSignedUrl(signer, command, { expiresIn: UPLOAD_SECONDS, unhoistableHeaders: UNHOISTABLE })
  return { url, headers: { 'x-amz-checksum-sha256': base64(part.sha256) } }
}

/**
 * A download for whoever has the URL, for `seconds` (default: a minute). Access was checked before.
 * @param as how the store presents it: Content-Type and Content-Disposition
 */
export async function presignGet(
  { signer, bucket }: Store,
  key: string,
  as: { contentType?: string; disposition?: string } = {},
  seconds = DOWNLOAD_SECONDS,
): Promise<string> {
  const command = new GetObjectCommand({
    Bucket: bucket,
    Key: key,
    ResponseContentType: as.contentType,
    ResponseContentDisposition: as.disposition,
  })
  return await getSignedUrl(signer, command, { expiresIn: seconds })
}

/** The same for HEAD: a signature is good for one method. */
export async function presignHead(
  { signer, bucket }: Store,
  key: string,
  as: { contentType?: string; disposition?: string } = {},
): Promise<string> {
  const command = new HeadObjectCommand({
    Bucket: bucket,
    Key: key,
    ResponseContentType: as.contentType,
    ResponseContentDisposition: as.disposition,
  })
  return await getSignedUrl(signer, command, { expiresIn: DOWNLOAD_SECONDS })
}
