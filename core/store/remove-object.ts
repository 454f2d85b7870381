import { AbortMultipartUploadCommand, DeleteObjectCommand } from '@aws-sdk/client-s3'
import type { Db } from '../../db/client'
import type { Store } from './store'

/**
 * Removes what an upload left behind, at once: its parts, the object, and the row that spoke of it. A kept object stays. When the
 * store does not answer, the row stays and says so, and a sweep does it later.
 */
export async function removeObject(db: Db, { client, bucket }: Store, key: string): Promise<void> {
  const removing = await db
    .updateTable('storedObjects')
    .set({ state: 'deleting' })
    .where('key', '=', key)
    .where('state', '<>', 'kept')
    .returning('uploadId')
    .executeTakeFirst()
  if (!removing) return
  const at = { Bucket: bucket, Key: key }
  if (removing.uploadId !== null) {
    const parts = new AbortMultipartUploadCommand({ ...at, UploadId: removing.uploadId })
    await client.send(parts).catch(ignoreMissing)
  }
  await client.send(new DeleteObjectCommand(at)).catch(ignoreMissing)
  await db.deleteFrom('storedObjects').where('key', '=', key).execute()
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof Error) || !/^(NoSuchUpload|NoSuchKey|NotFound)$/.test(error.name)) throw error
}
