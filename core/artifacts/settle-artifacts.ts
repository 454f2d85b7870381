import type { Transaction } from 'kysely'
import type { ArtifactState, Database } from '../../db/schema'
import type { AttemptRef } from '../attempts/tokens'
import { dropObject } from '../store/objects'

/** What became of an attempt's files. */
type Settled = {
  counts: Record<Exclude<ArtifactState, 'uploading'>, number>
  /** The first of those that should have been kept and were not. */
  failed: { path: string; why: string | null }[]
}

const NAMED = 3

/**
 * Makes artifacts final, in the transaction that closes their attempt: what was never confirmed has failed, and its object goes.
 * Said again it only tells what became of them. The caller holds the attempt.
 */
export async function settleArtifacts(tx: Transaction<Database>, ref: AttemptRef): Promise<Settled> {
  const of = { jobId: ref.jobId, attempt: ref.attempt }
  const before = await countOf(tx, of)
  if (before.uploading > 0) await failUploading(tx, of)
  const { uploading: _, ...counts } = before.uploading > 0 ? await countOf(tx, of) : before
  return { counts, failed: counts.failed > 0 ? await firstFailed(tx, of) : [] }
}

async function countOf(tx: Transaction<Database>, of: AttemptRef): Promise<Record<ArtifactState, number>> {
  const rows = await tx
    .selectFrom('artifacts')
    .select((eb) => ['state', eb.fn.countAll<number>().as('count')])
    .where((eb) => eb.and(of))
    .groupBy('state')
    .execute()
  const count = (state: ArtifactState) => rows.find((row) => row.state === state)?.count ?? 0
  return {
    uploading: count('uploading'),
    uploaded: count('uploaded'),
    skipped: count('skipped'),
    failed: count('failed'),
  }
}

async function failUploading(tx: Transaction<Database>, of: AttemptRef): Promise<void> {
  const begun = await tx
    .selectFrom('artifacts')
    .select('objectKey')
    .where((eb) => eb.and({ ...of, state: 'uploading' as const }))
    .execute()
  await tx
    .updateTable('artifacts')
    .set({ state: 'failed', objectKey: null, why: 'its upload was never confirmed' })
    .where((eb) => eb.and({ ...of, state: 'uploading' as const }))
    .execute()
  for (const { objectKey } of begun) if (objectKey) await dropObject(tx, objectKey)
}

async function firstFailed(tx: Transaction<Database>, of: AttemptRef): Promise<Settled['failed']> {
  return await tx
    .selectFrom('artifacts')
    .select(['path', 'why'])
    .where((eb) => eb.and({ ...of, state: 'failed' as const }))
    .orderBy('path')
    .limit(NAMED)
    .execute()
}

/** The files that should have been kept and were not, in a sentence; undefined when there are none. */
export function whatWasNotKept({ counts, failed }: Settled): string | undefined {
  if (counts.failed === 0) return undefined
  const named = failed.map(({ path, why }) => `${JSON.stringify(path)} (${why})`)
  const more = counts.failed - failed.length
  const files = counts.failed === 1 ? 'One file was' : `${counts.failed} files were`
  return `${files} not kept: ${named.join('; ')}${more > 0 ? `; and ${more} more` : ''}.`
}
