import type { Bundle } from '../../db/schema'
import type { Ctx } from '../context'
import { DomainError, Invalid, NotFound } from '../errors'
import { lookAtObject } from '../store/look-at-object'
import type { Store } from '../store/store'
import { requireEntry } from './check-bundle'
import { inlineSource, storedSource } from './zip-source'

/** A zip of the caller's own organisation; other organisations' do not exist. */
export async function findBundle(
  { db, orgId }: Ctx,
  sha256: string,
): Promise<Pick<Bundle, 'sha256' | 'sizeBytes' | 'inline' | 'objectKey' | 'createdAt'> | undefined> {
  return await db
    .selectFrom('bundles')
    .select(['sha256', 'sizeBytes', 'inline', 'objectKey', 'createdAt'])
    .where('orgId', '=', orgId)
    .where('sha256', '=', sha256)
    .where('kind', '=', 'zip')
    .executeTakeFirst()
}

/** True if its bytes were removed from the store behind our back: an upload of the same bytes puts them there again. @throws StoreAway */
export async function isLost(store: Store, { objectKey }: Pick<Bundle, 'objectKey'>): Promise<boolean> {
  return objectKey !== null && (await lookAtObject(store, objectKey)) === undefined
}

/** What callers may know of a bundle, so that they need not upload it again. @throws NotFound, also of one whose bytes are lost; StoreAway */
export async function getBundle(ctx: Ctx & { store: Store }, sha256: string) {
  const bundle = await findBundle(ctx, sha256)
  if (!bundle || (await isLost(ctx.store, bundle))) throw new NotFound('bundle', sha256)
  const { sizeBytes, createdAt } = bundle
  return { sha256, kind: 'zip' as const, sizeBytes, createdAt: createdAt.toISOString() }
}

/** What is said of a bundle that the organisation does not have, whoever else may have it. */
export function unknownBundle(sha256: string): Invalid {
  const message = `There is no bundle ${sha256}. Upload it (POST /api/v1/bundles), then submit the job again.`
  return new Invalid([{ path: 'bundle', message }])
}

/** The bytes were removed behind our back. */
function lostBundle(sha256: string): Invalid {
  const message = `The object store no longer has the bundle ${sha256}. Upload it again (POST /api/v1/bundles), then submit the job again.`
  return new Invalid([{ path: 'bundle', message }])
}

/** @throws Invalid when the organisation has no such bundle, its bytes are gone, or no file `entry` is in it */
export async function requireFile(ctx: Ctx & { store: Store }, sha256: string, entry: string): Promise<void> {
  const bundle = await findBundle(ctx, sha256)
  if (!bundle) throw unknownBundle(sha256)
  const { inline, objectKey, sizeBytes } = bundle
  const source = inline ? inlineSource(inline) : storedSource(ctx.store, objectKey ?? '', sizeBytes)
  await requireEntry(source, entry).catch((error: unknown) => {
    throw error instanceof DomainError && error.code === 'gone' ? lostBundle(sha256) : error
  })
}
