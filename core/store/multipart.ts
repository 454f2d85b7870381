import { createHash } from 'node:crypto'
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListPartsCommand,
} from '@aws-sdk/client-s3'
import type { Db } from '../../db/client'
import { DomainError } from '../errors'
import { askStore, isMissing } from './ask-store'
import type { Store } from './store'

const digest = (hex: string) => Buffer.from(hex, 'hex')

/** The part of an upload as its sender names it. */
export type SentPart = { number: number; etag: string }

/** SHA-256 of an object of parts as S3 tells it: of the parts' hashes, then how many there are. */
export function compositeChecksum(partSha256: readonly string[]): string {
  const whole = createHash('sha256')
    .update(Buffer.concat(partSha256.map(digest)))
    .digest('base64')
  return `${whole}-${partSha256.length}`
}

/**
 * The upload in parts of a reserved object, begun if it was not, or if the store has forgotten it (some do, after days). Its id is
 * written down, so that a sweep can abort it; of two that begin one at the same time, one takes the other's.
 * @throws DomainError `unavailable`: the object was given up meanwhile, or StoreAway
 */
export async function uploadIdOf(db: Db, store: Store, key: string, contentType: string): Promise<string> {
  const known = await pendingUpload(db, key)
  if (known !== null && (await isKnown(store, key, known))) return known
  const command = new CreateMultipartUploadCommand({
    ...{ Bucket: store.bucket, Key: key, ContentType: contentType, ChecksumAlgorithm: 'SHA256' },
  })
  const { UploadId: mine } = await askStore(store.client.send(command))
  if (mine === undefined) throw new Error('The store gave no upload id')
  const written = await db
    .updateTable('storedObjects')
    .set({ uploadId: mine })
    .where('key', '=', key)
    .where('state', '=', 'pending')
    .where('uploadId', 'is not distinct from', known)
    .returning('key')
    .executeTakeFirst()
  if (written) return mine
  await abortUpload(store, key, mine)
  const other = await pendingUpload(db, key)
  if (other === null) throw anew()
  return other
}

const anew = () => new DomainError('unavailable', 'The upload began anew meanwhile; ask again.')

async function isKnown({ client, bucket }: Store, key: string, uploadId: string): Promise<boolean> {
  const command = new ListPartsCommand({ Bucket: bucket, Key: key, UploadId: uploadId, MaxParts: 1 })
  try {
    await askStore(client.send(command))
    return true
  } catch (error) {
    if (isMissing(error)) return false
    throw error
  }
}

async function pendingUpload(db: Db, key: string): Promise<string | null> {
  const object = await db
    .selectFrom('storedObjects')
    .select('uploadId')
    .where('key', '=', key)
    .where('state', '=', 'pending')
    .executeTakeFirst()
  if (!object) throw anew()
  return object.uploadId
}

/** Makes the object of its parts. @returns false when there is no such upload: it was completed before, or aborted */
export async function completeUpload(
  { client, bucket }: Store,
  key: string,
  uploadId: string,
  parts: readonly SentPart[],
  partSha256: readonly string[],
): Promise<boolean> {
  const Parts = [...parts]
    .sort((a, b) => a.number - b.number)
    .map(({ number, etag }) => ({
      ...{ PartNumber: number, ETag: etag, ChecksumSHA256: digest(partSha256[number - 1] ?? '').toString('base64') },
    }))
  const command = new CompleteMultipartUploadCommand({
    ...{ Bucket: bucket, Key: key, UploadId: uploadId, MultipartUpload: { Parts } },
  })
  try {
    await askStore(client.send(command))
    return true
  } catch (error) {
    if (isMissing(error)) return false
    throw error
  }
}

/** Forgets the parts that came. One that is gone already is fine. */
export async function abortUpload({ client, bucket }: Store, key: string, uploadId: string): Promise<void> {
  const command = new AbortMultipartUploadCommand({ Bucket: bucket, Key: key, UploadId: uploadId })
  try {
    await askStore(client.send(command))
  } catch (error) {
    if (!isMissing(error)) throw error
  }
}
