import { sql, type Transaction } from 'kysely'
import type { Db } from '../../db/client'
import type { Artifact, Database } from '../../db/schema'
import type { AttemptRef } from '../attempts/tokens'
import type { ArtifactId } from '../ids'
import { isAnswer } from '../store/ask-store'
import { lookAtObject } from '../store/look-at-object'
import { completeUpload, compositeChecksum, type SentPart } from '../store/multipart'
import { keepObject } from '../store/objects'
import type { Store } from '../store/store'
import { openForUploads, uploadsMoved } from './open-for-uploads'

/** A file that a supervisor says it has sent; `parts` where it was sent in parts. */
export type SentFile = { artifactId: ArtifactId; parts?: SentPart[] | undefined }
/** `uploading`: it is not there as it should be, and is sent again. */
export type ConfirmedFile = { artifactId: ArtifactId; state: 'uploaded' | 'uploading'; problem?: string }

type Row = Pick<Artifact, 'id' | 'state' | 'objectKey' | 'sha256' | 'partSha256' | 'sizeBytes'> & {
  uploadId: string | null
}

/**
 * Looks into the store for files that were sent: those whose size and checksum are as announced are kept from now on. Objects of
 * parts are put together first. Safe to repeat.
 * @throws NotFound; DomainError `conflict` before the exit, `gone` after the close; StoreAway
 */
export async function confirmUploads(
  { db, store }: { db: Db; store: Store },
  ref: AttemptRef,
  files: SentFile[],
): Promise<ConfirmedFile[]> {
  const rows = await db.transaction().execute(async (tx) => {
    await openForUploads(tx, ref)
    return await rowsOf(
      tx,
      ref,
      files.map(({ artifactId }) => artifactId),
    )
  })
  const looked = await Promise.all(
    files.map(async ({ artifactId, parts }) => {
      const row = rows.get(artifactId)
      return { artifactId, row, problem: row ? await problemOf(store, row, parts) : 'there is no such artifact' }
    }),
  )
  return await db.transaction().execute(async (tx) => {
    await openForUploads(tx, ref)
    const answers: ConfirmedFile[] = []
    for (const { artifactId, row, problem } of looked) {
      const why = problem ?? (row && (await keep(tx, row)) ? undefined : 'it began anew meanwhile')
      answers.push(
        why === undefined ? { artifactId, state: 'uploaded' } : { artifactId, state: 'uploading', problem: why },
      )
    }
    if (answers.some(({ state }) => state === 'uploaded')) await uploadsMoved(tx, ref)
    return answers
  })
}

async function rowsOf(
  tx: Transaction<Database>,
  { jobId, attempt }: AttemptRef,
  ids: ArtifactId[],
): Promise<Map<ArtifactId, Row>> {
  const rows = await tx
    .selectFrom('artifacts')
    .leftJoin('storedObjects', 'storedObjects.key', 'artifacts.objectKey')
    .select(['artifacts.id', 'artifacts.state', 'artifacts.objectKey', 'artifacts.sha256', 'artifacts.partSha256'])
    .select(['artifacts.sizeBytes', 'storedObjects.uploadId'])
    .where('jobId', '=', jobId)
    .where('attempt', '=', attempt)
    .where('id', 'in', ids)
    .execute()
  return new Map(rows.map((row) => [row.id, row]))
}

/** What is wrong with an object, or undefined when it is as announced. */
async function problemOf(store: Store, row: Row, parts: SentPart[] = []): Promise<string | undefined> {
  const { state, objectKey: key, sha256, partSha256, sizeBytes, uploadId } = row
  if (state === 'uploaded') return undefined
  if (state !== 'uploading' || key === null || sha256 === null) return `it was told as ${state}`
  if (partSha256 !== null) {
    const problem = await putTogether(store, { key, uploadId, partSha256 }, parts)
    if (problem !== undefined) return problem
  }
  const found = await lookAtObject(store, key)
  if (!found) return 'it is not in the store'
  if (found.sizeBytes !== sizeBytes) return `the store has ${found.sizeBytes} bytes of ${sizeBytes}`
  const checksum = partSha256 ? compositeChecksum(partSha256) : Buffer.from(sha256, 'hex').toString('base64')
  return found.checksum === checksum ? undefined : 'the store has another checksum'
}

/** Completes an upload in parts; one that is gone was completed before, or is begun again by whoever asks next. */
async function putTogether(
  store: Store,
  { key, uploadId, partSha256 }: { key: string; uploadId: string | null; partSha256: string[] },
  parts: SentPart[],
): Promise<string | undefined> {
  const numbers = new Set(parts.map(({ number }) => number))
  const complete = numbers.size === parts.length && partSha256.every((_, index) => numbers.has(index + 1))
  if (!complete || parts.length !== partSha256.length) return `parts 1 to ${partSha256.length} are needed, each once`
  if (uploadId === null) return 'its upload was not begun'
  try {
    if (await completeUpload(store, key, uploadId, parts, partSha256)) return undefined
  } catch (error) {
    if (!isAnswer(error)) throw error
    return `the store refused its parts: ${error.message}`
  }
  return (await lookAtObject(store, key)) ? undefined : 'the store no longer has its parts'
}

/** @returns false when the row is no longer about the object that was looked at */
async function keep(tx: Transaction<Database>, { id, state, objectKey }: Row): Promise<boolean> {
  if (state === 'uploaded' || objectKey === null) return true
  const kept = await tx
    .updateTable('artifacts')
    .set({ state: 'uploaded', sentBytes: sql<number>`size_bytes`, uploadedAt: sql<Date>`clock_timestamp()` })
    .where('id', '=', id)
    .where('objectKey', '=', objectKey)
    .where('state', '=', 'uploading')
    .returning('id')
    .executeTakeFirst()
  if (kept) await keepObject(tx, objectKey)
  else return await isUploaded(tx, id, objectKey)
  return true
}

/** Somebody else confirmed the same object meanwhile. */
async function isUploaded(tx: Transaction<Database>, id: ArtifactId, objectKey: string): Promise<boolean> {
  const row = await tx
    .selectFrom('artifacts')
    .select('id')
    .where('id', '=', id)
    .where('objectKey', '=', objectKey)
    .where('state', '=', 'uploaded')
    .executeTakeFirst()
  return row !== undefined
}
