import { HeadObjectCommand } from '@aws-sdk/client-s3'
import { askStore, isMissing } from './ask-store'
import type { Store } from './store'

/** What the store says of an object: its size and, where it was sent with one, its SHA-256 in base64 (with `-N` for one of N parts). */
export type FoundObject = { sizeBytes: number; checksum: string | undefined }

/** Looks whether an object is there. @throws StoreAway */
export async function lookAtObject({ client, bucket }: Store, key: string): Promise<FoundObject | undefined> {
  try {
    const found = await askStore(
      client.send(new HeadObjectCommand({ Bucket: bucket, Key: key, ChecksumMode: 'ENABLED' })),
    )
    return { sizeBytes: found.ContentLength ?? 0, checksum: found.ChecksumSHA256 }
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}
