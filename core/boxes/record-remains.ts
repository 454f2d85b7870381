import type { Db } from '../../db/client'
import type { AttemptRef } from '../attempts/tokens'
import type { BoxId } from '../ids'
import { recordBoxEvents } from './box-events'

/** Records that the remains of an attempt that was over were removed from a box. @param ended processes that still ran */
export async function recordRemains(
  db: Db,
  boxId: BoxId,
  { jobId, attempt }: AttemptRef,
  ended: number,
): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const box = await tx
      .selectFrom('boxes')
      .select(['id', 'orgId'])
      .where('id', '=', boxId)
      .where('removedAt', 'is', null)
      .forNoKeyUpdate()
      .executeTakeFirst()
    if (!box) return
    const { name } = await tx.selectFrom('jobs').select('name').where('id', '=', jobId).executeTakeFirstOrThrow()
    const data = { jobId, attempt, jobName: name, ended }
    await recordBoxEvents(tx, box, 'sweep:probe', [{ type: 'remains_removed', data }])
  })
}
