import { type Insertable, sql, type Transaction } from 'kysely'
import type { Bundle, Database } from '../../db/schema'
import type { OrgId } from '../ids'
import { dropObject } from '../store/objects'

/**
 * Stores a bundle once per organisation and content, or holds the one that is there. Until the caller's transaction ends nobody
 * can remove it.
 * @returns what it is kept as, and whether it is new
 */
export async function putBundle(
  tx: Transaction<Database>,
  bundle: Insertable<Database['bundles']>,
): Promise<{ kind: Bundle['kind']; isNew: boolean }> {
  for (;;) {
    const inserted = await tx
      .insertInto('bundles')
      .values(bundle)
      .onConflict((oc) => oc.doNothing())
      .returning('kind')
      .executeTakeFirst()
    if (inserted) return { kind: inserted.kind, isNew: true }
    const kind = await holdBundle(tx, bundle.orgId, bundle.sha256)
    if (kind !== undefined) return { kind, isNew: false } // else it was removed in between
  }
}

/** Gives a bundle whose object is lost another one with the same bytes. @returns false when somebody else has done so */
export async function replaceObject(
  tx: Transaction<Database>,
  { orgId, sha256 }: Pick<Bundle, 'orgId' | 'sha256'>,
  lostKey: string,
  objectKey: string,
): Promise<boolean> {
  const replaced = await tx
    .updateTable('bundles')
    .set({ objectKey })
    .where('orgId', '=', orgId)
    .where('sha256', '=', sha256)
    .where('objectKey', '=', lostKey)
    .returning('sha256')
    .executeTakeFirst()
  if (replaced) await dropObject(tx, lostKey)
  return replaced !== undefined
}

/** Holds a bundle, and notes that it was named. @returns its kind; undefined when it is not there */
export async function holdBundle(
  tx: Transaction<Database>,
  orgId: OrgId,
  sha256: string,
): Promise<Bundle['kind'] | undefined> {
  const held = await tx
    .selectFrom('bundles')
    .select(['kind', sql<boolean>`last_used_at < now() - interval '1 hour'`.as('isStale')])
    .where('orgId', '=', orgId)
    .where('sha256', '=', sha256)
    .forKeyShare()
    .executeTakeFirst()
  // Not at each use: that would be a queue of submissions before one row, and a bundle is kept for a day anyway.
  if (held?.isStale) {
    await tx
      .updateTable('bundles')
      .set({ lastUsedAt: sql<Date>`now()` })
      .where('orgId', '=', orgId)
      .where('sha256', '=', sha256)
      .where('lastUsedAt', '<', sql<Date>`now() - interval '1 hour'`)
      .execute()
  }
  return held?.kind
}
