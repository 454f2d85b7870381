import { randomBytes } from 'node:crypto'
import type { Transaction } from 'kysely'
import type { Db } from '../../db/client'
import type { Database } from '../../db/schema'
import { DomainError } from '../errors'
import type { OrgId } from '../ids'

/**
 * Names a new object and writes it down before anything is sent: should nobody `keepObject` it, a sweep removes it a day later.
 * Keys are used once, so that a removal can never meet a new object.
 * @param name what it is, for people who look into the store: `artifacts/job_x/1`, `bundles/<sha256>`, …
 */
export async function reserveObject(db: Db | Transaction<Database>, orgId: OrgId, name: string): Promise<string> {
  const key = `${orgId}/${name}/${randomBytes(12).toString('hex')}`
  await db.insertInto('storedObjects').values({ key, orgId, uploadId: null }).execute()
  return key
}

/**
 * From now on something speaks of the object, in the caller's transaction.
 * @throws DomainError `conflict` when it is being removed already
 */
export async function keepObject(tx: Transaction<Database>, key: string): Promise<void> {
  const kept = await tx
    .updateTable('storedObjects')
    .set({ state: 'kept', uploadId: null })
    .where('key', '=', key)
    .where('state', '<>', 'deleting')
    .returning('key')
    .executeTakeFirst()
  if (!kept) throw new DomainError('conflict', 'The uploaded object was removed meanwhile; upload it again.')
}

/** Nothing speaks of the object any more, in the caller's transaction: a sweep removes it. */
export async function dropObject(tx: Transaction<Database>, key: string): Promise<void> {
  await tx.updateTable('storedObjects').set({ state: 'deleting' }).where('key', '=', key).execute()
}
