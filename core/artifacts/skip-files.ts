import type { Db } from '../../db/client'
import type { AttemptRef } from '../attempts/tokens'
import { readPath } from './artifact-path'
import { nameUnsent, type UnsentFile } from './name-unsent'
import { openForUploads, uploadsMoved } from './open-for-uploads'

/**
 * A supervisor, or the reap of one that is gone, names files that it does not send: `skipped` ones the job survives, `failed`
 * ones should have been kept. Safe to repeat; a file that is uploaded already stays so.
 * @throws NotFound; DomainError `conflict` before the exit, `gone` after the close
 */
export async function skipFiles(db: Db, ref: AttemptRef, files: UnsentFile[]): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const { orgId } = await openForUploads(tx, ref)
    const named = files.map((file) => ({ ...file, path: readPath(file.path).path }))
    if ((await nameUnsent(tx, ref, orgId, named)) > 0) await uploadsMoved(tx, ref)
  })
}
