import { sql } from 'kysely'
import type { Db } from '../../db/client'
import type { AttemptRef } from '../attempts/tokens'
import { openForUploads, uploadsMoved } from './open-for-uploads'

/**
 * Notes how far uploads have come. Only more than ever before is progress: an upload that begins again and again from its start
 * does not hold off the upload limit.
 * @param sentBytes by artifact id
 * @returns true if there was any progress
 * @throws NotFound; DomainError `conflict` before the exit, `gone` after the close
 */
export async function noteProgress(db: Db, ref: AttemptRef, sentBytes: Record<string, number>): Promise<boolean> {
  return await db.transaction().execute(async (tx) => {
    await openForUploads(tx, ref)
    const rows = Object.entries(sentBytes).map(([id, sent]) => ({ id, sent }))
    const moved = await sql`
      update artifacts a set sent_bytes = least(told.sent, a.size_bytes)
      from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as told (id text, sent bigint)
      where a.id = told.id and a.job_id = ${ref.jobId} and a.attempt = ${ref.attempt} and a.state = 'uploading'
        and least(told.sent, a.size_bytes) > a.sent_bytes`.execute(tx)
    const progress = (moved.numAffectedRows ?? 0n) > 0n
    if (progress) await uploadsMoved(tx, ref)
    return progress
  })
}
