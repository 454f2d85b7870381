import { DeleteObjectCommand, ListMultipartUploadsCommand } from '@aws-sdk/client-s3'
import { sql } from 'kysely'
import type { Db } from '../../db/client'
import { askStore, isMissing } from './ask-store'
import { abortUpload } from './multipart'
import type { Store } from './store'

/** What was begun and is not kept after this long is an orphan. No signed URL is good for so long either. */
const ORPHAN_SECONDS = 86_400
const A_TURN = 100
const AT_ONCE = 8

/**
 * Removes what nothing speaks of, a hundred objects a turn: uploads that were begun and never kept, and what was dropped. An object
 * is deleted at once, and its row a day later, after it was deleted once more: a request that was on its way may have made it anew.
 * Safe to repeat, to kill and to run in many workers at once.
 * @returns how many objects and rows were removed
 * @throws StoreAway
 */
export async function cleanObjects(
  { db, store }: { db: Db; store: Store },
  orphanSeconds = ORPHAN_SECONDS,
): Promise<number> {
  await giveUpOrphans(db, orphanSeconds)
  const deleted = await each(await toDelete(db), (key) => deleteObject(db, store, key))
  const forgotten = await each(await toForget(db, orphanSeconds), (key) => forgetObject(db, store, key))
  return deleted + forgotten
}

/** Keys are used once and are spoken of from the transaction that reserves them on, so what is an orphan now stays one. */
async function giveUpOrphans(db: Db, orphanSeconds: number): Promise<void> {
  await sql`
    update stored_objects set state = 'deleting' where state = 'pending' and key in (
      select key from stored_objects o
      where state = 'pending' and created_at <= now() - ${orphanSeconds} * interval '1 second'
        and not exists (select from artifacts a where a.object_key = o.key)
      limit ${A_TURN} for update skip locked)`.execute(db)
}

/** In no order, so that some that the store will not delete do not hold up the others for ever. */
async function toDelete(db: Db): Promise<string[]> {
  const rows = await db
    .selectFrom('storedObjects')
    .select('key')
    .where('state', '=', 'deleting')
    .where('deletedAt', 'is', null)
    .orderBy(sql`random()`)
    .limit(A_TURN)
    .execute()
  return rows.map(({ key }) => key)
}

async function toForget(db: Db, orphanSeconds: number): Promise<string[]> {
  const rows = await db
    .selectFrom('storedObjects')
    .select('key')
    .where('state', '=', 'deleting')
    .where('deletedAt', '<=', sql<Date>`now() - ${orphanSeconds} * interval '1 second'`)
    .limit(A_TURN)
    .execute()
  return rows.map(({ key }) => key)
}

async function deleteObject(db: Db, store: Store, key: string): Promise<void> {
  await removeFromStore(store, key)
  await db
    .updateTable('storedObjects')
    .set({ uploadId: null, deletedAt: sql<Date>`clock_timestamp()` })
    .where('key', '=', key)
    .where('state', '=', 'deleting')
    .execute()
}

async function forgetObject(db: Db, store: Store, key: string): Promise<void> {
  await removeFromStore(store, key)
  await db.deleteFrom('storedObjects').where('key', '=', key).where('state', '=', 'deleting').execute()
}

/** Uploads in parts are asked for: one may have been begun by somebody who was killed before the id was written down. */
async function removeFromStore(store: Store, key: string): Promise<void> {
  const { client, bucket } = store
  const { Uploads = [] } = await askStore(client.send(new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: key })))
  for (const { Key, UploadId } of Uploads) if (Key === key && UploadId) await abortUpload(store, key, UploadId)
  try {
    await askStore(client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key })))
  } catch (error) {
    if (!isMissing(error)) throw error
  }
}

/** Some at a time; the first failure ends the turn. */
async function each(keys: string[], work: (key: string) => Promise<void>): Promise<number> {
  for (let n = 0; n < keys.length; n += AT_ONCE) await Promise.all(keys.slice(n, n + AT_ONCE).map(work))
  return keys.length
}
