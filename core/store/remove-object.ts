import { DeleteObjectCommand } from '@aws-sdk/client-s3'
import type { Db } from '../../db/client'
import { askStore, isMissing } from './ask-store'
import { abortUpload } from './multipart'
import type { Store } from './store'

/**
 * Removes what an upload left behind, at once: its parts, the object, and the row that spoke of it. A kept object stays.
 * @throws StoreAway; the row stays then and says so, and a sweep does it later
 */
export async function removeObject(db: Db, store: Store, key: string): Promise<void> {
  const removing = await db
    .updateTable('storedObjects')
    .set({ state: 'deleting' })
    .where('key', '=', key)
    .where('state', '<>', 'kept')
    .returning('uploadId')
    .executeTakeFirst()
  if (!removing) return
  if (removing.uploadId !== null) await abortUpload(store, key, removing.uploadId)
  try {
    await askStore(store.client.send(new DeleteObjectCommand({ Bucket: store.bucket, Key: key })))
  } catch (error) {
    if (!isMissing(error)) throw error
  }
  await db.deleteFrom('storedObjects').where('key', '=', key).execute()
}
