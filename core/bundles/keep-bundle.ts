import type { Ctx } from '../context'
import { once } from '../idempotency/once'
import { keepObject } from '../store/objects'
import type { Store } from '../store/store'
import { checkBundle, requireEntry } from './check-bundle'
import { findBundle } from './find-bundle'
import { putBundle } from './put-bundle'
import { badBundle, readDirectory } from './read-directory'
import { discardStaged, type Staged, stagedSource } from './stage-bundle'

/** `isNew`: the organisation did not have it before. */
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
    const wasChecked = (await findBundle(ctx, staged.sha256)) !== undefined
    const entries = wasChecked ? (await readDirectory(source)).entries.length : await checkBundle(source)
    if (entry !== undefined) await requireEntry(source, entry)
    const kept = await insert(ctx, staged, entries)
    isNew = kept.isNew
    return kept
  } finally {
    if (!isNew) await discardStaged(ctx, staged)
  }
}

async function insert(ctx: Ctx, { sha256, sizeBytes, inline, objectKey }: Staged, entries: number): Promise<Kept> {
  const { orgId } = ctx
  return await once(ctx, async (tx) => {
    const { kind, isNew } = await putBundle(tx, { orgId, sha256, kind: 'zip', sizeBytes, inline, objectKey })
    if (kind !== 'zip') throw badBundle('was submitted as a script before; change a byte of it')
    if (isNew && objectKey !== null) await keepObject(tx, objectKey)
    return { sha256, sizeBytes, entries, isNew }
  })
}
