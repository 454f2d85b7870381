import type { Ctx } from '../context'
import { once } from '../idempotency/once'
import { keepObject } from '../store/objects'
import type { Store } from '../store/store'
import { checkBundle, requireEntry } from './check-bundle'
import { findBundle, isLost } from './find-bundle'
import { putBundle, replaceObject } from './put-bundle'
import { badBundle, readDirectory } from './read-directory'
import { discardStaged, type Staged, stagedSource } from './stage-bundle'

/** `isNew`: the organisation did not have its bytes before, or the store had lost them. */
export type Kept = { sha256: string; sizeBytes: number; entries: number; isNew: boolean }

/**
 * Checks a staged bundle and makes it the organisation's, once for the same bytes however often they are sent, also at once.
 * @param entry the file that is to be run, where that is known already
 * @throws Invalid naming the entry and what to do; StoreAway. Nothing is left of it then.
 */
export async function keepBundle(ctx: Ctx & { store: Store }, staged: Staged, entry?: string): Promise<Kept> {
  let isNew = false
  try {
    const source = stagedSource(ctx.store, staged)
    const known = await findBundle(ctx, staged.sha256)
    const entries = known ? (await readDirectory(source)).entries.length : await checkBundle(source)
    if (entry !== undefined) await requireEntry(source, entry)
    const lostKey = known && (await isLost(ctx.store, known)) ? known.objectKey : null
    const kept = await insert(ctx, staged, entries, lostKey)
    isNew = kept.isNew
    return kept
  } finally {
    if (!isNew) await discardStaged(ctx, staged)
  }
}

/** @param lostKey where the bytes should be that the store has lost */
async function insert(ctx: Ctx, staged: Staged, entries: number, lostKey: string | null): Promise<Kept> {
  const { sha256, sizeBytes, inline, objectKey } = staged
  const ofOrg = { orgId: ctx.orgId, sha256 }
  return await once(ctx, async (tx) => {
    const put = await putBundle(tx, { ...ofOrg, kind: 'zip', sizeBytes, inline, objectKey })
    if (put.kind !== 'zip') throw badBundle('was submitted as a script before; change a byte of it')
    const isMended = lostKey !== null && objectKey !== null && (await replaceObject(tx, ofOrg, lostKey, objectKey))
    const isNew = put.isNew || isMended
    if (isNew && objectKey !== null) await keepObject(tx, objectKey)
    return { sha256, sizeBytes, entries, isNew }
  })
}
