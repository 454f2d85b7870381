import { createHash } from 'node:crypto'
import type { Ctx } from '../context'
import { DomainError } from '../errors'
import { reserveObject } from '../store/objects'
import { removeObject } from '../store/remove-object'
import type { Store } from '../store/store'
import { uploadStream } from '../store/upload-stream'
import { BUNDLE_LIMITS } from './limits'
import { inlineSource, storedSource, type ZipSource } from './zip-source'

const { zippedBytes, inlineBytes } = BUNDLE_LIMITS

/** A bundle that has arrived and was not looked at yet: in memory, or in the object store under `objectKey`. */
export type Staged = { sha256: string; sizeBytes: number } & (
  | { inline: Buffer; objectKey: null }
  | { inline: null; objectKey: string }
)

export function tooLargeBundle(): DomainError {
  const message = `must be at most ${zippedBytes} bytes`
  return new DomainError('too_large', `bundle: ${message}.`, { limitBytes: zippedBytes }, [{ path: 'bundle', message }])
}

/**
 * Takes the bytes of a bundle as they come and hashes them on the way: the first megabyte is held; when more comes, all of it is
 * passed on to the object store. Whoever staged a bundle keeps it or discards it.
 * @throws DomainError `too_large`; StoreAway; what `bytes` throws. Nothing is left behind then.
 */
export async function stageBundle(ctx: Ctx & { store: Store }, bytes: AsyncIterable<Uint8Array>): Promise<Staged> {
  const hash = createHash('sha256')
  let sizeBytes = 0
  const arriving = (async function* () {
    for await (const piece of bytes) {
      sizeBytes += piece.length
      if (sizeBytes > zippedBytes) throw tooLargeBundle()
      hash.update(piece)
      yield piece
    }
  })()
  try {
    const held = await firstOf(arriving, inlineBytes)
    const objectKey = sizeBytes > inlineBytes ? await passOn(ctx, held, arriving) : null
    const facts = { sha256: hash.digest('hex'), sizeBytes }
    return objectKey === null
      ? { ...facts, inline: Buffer.concat(held), objectKey }
      : { ...facts, inline: null, objectKey }
  } finally {
    await arriving.return()
  }
}

/** The first pieces: all of them, or as many as are more than `bytes`. */
async function firstOf(arriving: AsyncGenerator<Uint8Array>, bytes: number): Promise<Uint8Array[]> {
  const held: Uint8Array[] = []
  for (let size = 0; size <= bytes; ) {
    const { done, value } = await arriving.next()
    if (done) break
    held.push(value)
    size += value.length
  }
  return held
}

async function passOn(
  { db, orgId, store }: Ctx & { store: Store },
  held: Uint8Array[],
  arriving: AsyncGenerator<Uint8Array>,
): Promise<string> {
  const key = await reserveObject(db, orgId, 'bundles')
  const all = (async function* () {
    yield* held.splice(0)
    yield* arriving
  })()
  try {
    await uploadStream(store, key, all, 'application/zip', async (uploadId) => {
      await db.updateTable('storedObjects').set({ uploadId }).where('key', '=', key).execute()
    })
    return key
  } catch (error) {
    await discardObject({ db, store }, key)
    throw error
  }
}

/** Reads what was staged. */
export function stagedSource(store: Store, { inline, objectKey, sizeBytes }: Staged): ZipSource {
  return objectKey === null ? inlineSource(inline) : storedSource(store, objectKey, sizeBytes)
}

/** Forgets a staged bundle that is not kept. */
export async function discardStaged(ctx: Pick<Ctx, 'db'> & { store: Store }, { objectKey }: Staged): Promise<void> {
  if (objectKey !== null) await discardObject(ctx, objectKey)
}

/** What failed before is what the caller gets to know; where the store is away, a sweep removes the object later. */
async function discardObject({ db, store }: Pick<Ctx, 'db'> & { store: Store }, key: string): Promise<void> {
  await removeObject(db, store, key).catch(() => undefined)
}
