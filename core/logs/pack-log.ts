import { sql, type Transaction } from 'kysely'
import type { Db } from '../../db/client'
import type { Database } from '../../db/schema'
import type { AttemptRef } from '../attempts/tokens'
import { dropObject, keepObject, reserveObject } from '../store/objects'
import type { Store } from '../store/store'
import { uploadStream } from '../store/upload-stream'
import { checkPacked } from './check-packed'
import { unpackedBlocks } from './log-blocks'
import type { PackedIndex } from './packed-index'
import { PackedWriter, recut } from './packed-object'
import type { LogToPack } from './take-log-to-pack'

/** Removed by one statement, which must stay far within the time limit of a session. */
const CHUNKS_A_STATEMENT = 1_000

type Deps = { db: Db; store: Store }

/**
 * Moves the log of a closed attempt into the object store: sends it, reads it back and compares, then points readers there in
 * one transaction, and only then removes its chunks. Broken off anywhere it leaves a log that is whole in one of the two places
 * (and perhaps an object that nobody speaks of, for a sweep), and can be done again. Two at once are harmless: one of them wins,
 * the other drops its object.
 * @throws what database or store threw, or when `signal` is aborted; Error when the chunks or the object are not what they should be
 */
export async function packLog(deps: Deps, log: LogToPack, signal: AbortSignal): Promise<void> {
  if (!log.packed && log.lastN > 0) await moveToStore(deps, log, signal)
  await removeChunks(deps.db, log, signal)
}

async function moveToStore({ db, store }: Deps, log: LogToPack, signal: AbortSignal): Promise<void> {
  const name = `${log.jobId}/${log.attempt}`
  const key = await reserveObject(db, log.orgId, `logs/${name}`)
  const index = await sendAndCheck({ db, store }, log, key, signal).catch(async (error: unknown) => {
    await db
      .transaction()
      .execute((tx) => dropObject(tx, key))
      .catch(() => undefined) // then it goes as one that nobody kept
    throw error
  })
  // A failure from here on drops nothing: the transaction may have been committed all the same.
  await db.transaction().execute((tx) => switchOver(tx, log, key, index))
}

async function sendAndCheck(
  { db, store }: Deps,
  log: LogToPack,
  key: string,
  signal: AbortSignal,
): Promise<PackedIndex> {
  const writer = new PackedWriter()
  const begun = (uploadId: string) => noteUpload(db, key, uploadId)
  await uploadStream(store, key, bytesOf(db, log, writer, signal), 'application/zstd', begun, signal)
  const { index } = writer
  if (index?.lastN !== log.lastN) throw new Error(`The log ends at line ${index?.lastN}, not at ${log.lastN}`)
  await checkPacked(store, key, index, signal)
  return index
}

async function noteUpload(db: Db, key: string, uploadId: string): Promise<void> {
  await db.updateTable('storedObjects').set({ uploadId }).where('key', '=', key).execute()
}

async function* bytesOf(db: Db, log: LogToPack, writer: PackedWriter, signal: AbortSignal): AsyncGenerator<Buffer> {
  yield writer.begin(`${log.jobId}/${log.attempt}`)
  for await (const block of recut(unpackedBlocks(db, log))) {
    signal.throwIfAborted()
    yield await writer.add(block)
  }
  yield writer.end()
}

/** From its commit on readers go to the store. */
async function switchOver(
  tx: Transaction<Database>,
  { jobId, attempt }: AttemptRef,
  key: string,
  index: PackedIndex,
): Promise<void> {
  await keepObject(tx, key)
  const switched = await tx
    .updateTable('logHeads')
    .set({ packedKey: key, packedIndex: index.bytes, packedAt: sql<Date>`now()` })
    .where('jobId', '=', jobId)
    .where('attempt', '=', attempt)
    .where('packedKey', 'is', null)
    .where('lastN', '=', index.lastN)
    .returning('attempt')
    .executeTakeFirst()
  if (!switched) await dropObject(tx, key) // another worker was first, or the log was removed meanwhile
}

async function removeChunks(db: Db, { jobId, attempt }: AttemptRef, signal: AbortSignal): Promise<void> {
  for (let removed = CHUNKS_A_STATEMENT; removed === CHUNKS_A_STATEMENT; ) {
    signal.throwIfAborted()
    const ofLog = db.selectFrom('logChunks').where('jobId', '=', jobId).where('attempt', '=', attempt)
    const { numDeletedRows } = await db
      .deleteFrom('logChunks')
      .where('jobId', '=', jobId)
      .where('attempt', '=', attempt)
      .where('firstN', 'in', ofLog.select('firstN').orderBy('firstN').limit(CHUNKS_A_STATEMENT))
      .executeTakeFirst()
    removed = Number(numDeletedRows)
  }
  await db
    .updateTable('logHeads')
    .set({ clearedAt: sql<Date>`now()` })
    .where('jobId', '=', jobId)
    .where('attempt', '=', attempt)
    .execute()
}
