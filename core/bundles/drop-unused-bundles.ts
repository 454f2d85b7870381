import { sql } from 'kysely'
import type { Db } from '../../db/client'
import { dropObject } from '../store/objects'

/** A bundle that is uploaded waits this long for a job that names it. */
const UNUSED_SECONDS = 86_400
const A_TURN = 100

/**
 * Removes bundles that no job names and nobody has named for a day; their objects go too. A submission that names one holds its
 * row: either it was there first and the bundle stays, or it finds that the bundle is gone.
 * @returns how many were removed
 */
export async function dropUnusedBundles(db: Db, unusedSeconds = UNUSED_SECONDS): Promise<number> {
  return await db.transaction().execute(async (tx) => {
    const held = await sql<{ orgId: string; sha256: string }>`
      select org_id, sha256 from bundles b
      where last_used_at <= now() - ${unusedSeconds} * interval '1 second'
        and not exists (select from jobs j where j.org_id = b.org_id and j.bundle_sha256 = b.sha256)
      limit ${A_TURN} for update skip locked`.execute(tx)
    if (held.rows.length === 0) return 0
    // Asked again now that nobody else can name them: a job that was being submitted a moment ago is seen only by this statement.
    const dropped = await sql<{ objectKey: string | null }>`
      delete from bundles b using jsonb_to_recordset(${JSON.stringify(held.rows)}::jsonb) as held ("orgId" text, sha256 text)
      where b.org_id = held."orgId" and b.sha256 = held.sha256
        and b.last_used_at <= now() - ${unusedSeconds} * interval '1 second'
        and not exists (select from jobs j where j.org_id = b.org_id and j.bundle_sha256 = b.sha256)
      returning b.object_key`.execute(tx)
    for (const { objectKey } of dropped.rows) if (objectKey !== null) await dropObject(tx, objectKey)
    return dropped.rows.length
  })
}
