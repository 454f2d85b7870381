import { sql, type Transaction } from 'kysely'
import type { ArtifactSource, Database } from '../../db/schema'
import type { AttemptRef } from '../attempts/tokens'
import { newId, type OrgId } from '../ids'
import { dropObject } from '../store/objects'
import { MAX_NAMED } from './limits'

/** A file that is not sent. `path` as it can be written down. */
export type UnsentFile = {
  path: string
  source: ArtifactSource
  sizeBytes: number | null
  state: 'skipped' | 'failed'
  why: string
}

const AND_MORE = '; more files after it are not named'

/**
 * Writes down files that are not kept, in the caller's transaction, which holds the attempt. One that is uploaded already stays
 * so. Of each state the first thousand are named; the last one says that there were more.
 * @returns how many rows changed
 */
export async function nameUnsent(
  tx: Transaction<Database>,
  ref: AttemptRef,
  orgId: OrgId,
  files: readonly UnsentFile[],
): Promise<number> {
  if (files.length === 0) return 0
  const named = await namedSoFar(tx, ref)
  const objects = await objectsAt(tx, ref, files)
  let changed = 0
  for (const file of files) {
    if (named[file.state] >= MAX_NAMED && !objects.has(file.path)) {
      await sayThereWereMore(tx, ref, file.state)
      continue
    }
    const before = objects.get(file.path)
    if (!(await write(tx, ref, orgId, file))) continue
    named[file.state] += 1
    changed += 1
    if (before) await dropObject(tx, before)
  }
  return changed
}

async function namedSoFar(
  tx: Transaction<Database>,
  { jobId, attempt }: AttemptRef,
): Promise<{ skipped: number; failed: number }> {
  const rows = await tx
    .selectFrom('artifacts')
    .select((eb) => ['state', eb.fn.countAll<number>().as('count')])
    .where('jobId', '=', jobId)
    .where('attempt', '=', attempt)
    .groupBy('state')
    .execute()
  const count = (state: string) => rows.find((row) => row.state === state)?.count ?? 0
  return { skipped: count('skipped'), failed: count('failed') }
}

/** The objects of those that have been begun. */
async function objectsAt(tx: Transaction<Database>, { jobId, attempt }: AttemptRef, files: readonly UnsentFile[]) {
  const rows = await tx
    .selectFrom('artifacts')
    .select(['path', 'objectKey'])
    .where('jobId', '=', jobId)
    .where('attempt', '=', attempt)
    .where(
      'path',
      'in',
      files.map(({ path }) => path),
    )
    .execute()
  return new Map(rows.map(({ path, objectKey }) => [path, objectKey]))
}

/** @returns false when there was nothing to change */
async function write(
  tx: Transaction<Database>,
  { jobId, attempt }: AttemptRef,
  orgId: OrgId,
  file: UnsentFile,
): Promise<boolean> {
  const written = await tx
    .insertInto('artifacts')
    .values({ id: newId('art'), orgId, jobId, attempt, ...file })
    .onConflict((oc) =>
      oc
        .columns(['jobId', 'attempt', 'path'])
        .doUpdateSet({ state: file.state, sizeBytes: file.sizeBytes, why: file.why, objectKey: null })
        .where('artifacts.state', '<>', 'uploaded')
        .where(sql<boolean>`(artifacts.state, artifacts.why) is distinct from (${file.state}, ${file.why})`),
    )
    .returning('id')
    .executeTakeFirst()
  return written !== undefined
}

async function sayThereWereMore(tx: Transaction<Database>, { jobId, attempt }: AttemptRef, state: UnsentFile['state']) {
  await sql`
    update artifacts set why = why || ${AND_MORE}
    where id = (select id from artifacts where job_id = ${jobId} and attempt = ${attempt} and state = ${state}
        order by id desc limit 1)
      and right(why, ${AND_MORE.length}) <> ${AND_MORE}`.execute(tx)
}
