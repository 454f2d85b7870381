import { sql } from 'kysely'
import { type Ctx, requireTo } from '../context'
import { refuseStale } from '../edits/tag'
import { DomainError } from '../errors'
import type { BoxId } from '../ids'
import { recordBoxEvents } from './box-events'
import { lockBox } from './fleet-rows'
import { getBox } from './get-box'
import { boxTag } from './list-boxes'

/**
 * Removes a box: it gets no jobs, is not probed, and its name and address are free again. Its history stays. A box that a job
 * holds is not removed; let it drain first. Jobs that wait for this box alone go on waiting until their queue limit.
 * @throws NotFound; DomainError `forbidden`, `conflict` when a job holds it (the detail names the job) or it was removed before;
 *   `precondition_failed`
 */
export async function removeBox(ctx: Ctx, boxId: BoxId): Promise<{ id: BoxId; name: string; removedAt: string }> {
  requireTo(ctx, 'manage')
  return await ctx.db.transaction().execute(async (tx) => {
    // Nobody places a job on it meanwhile: a pass holds the same lock.
    await sql`select pg_advisory_xact_lock(hashtextextended(${`place:${ctx.orgId}`}, 0))`.execute(tx)
    const box = await lockBox(tx, ctx, boxId)
    await refuseStale(ctx, async () => boxTag(await getBox({ ...ctx, db: tx }, boxId)))
    const lease = await tx
      .selectFrom('leases')
      .leftJoin('jobs', 'jobs.id', 'leases.jobId')
      .select(['leases.jobId', 'jobs.name'])
      .where('leases.boxId', '=', boxId)
      .orderBy('slot')
      .executeTakeFirst()
    if (lease) refuseLeased(box.name, lease)
    await tx.deleteFrom('groupBoxes').where('boxId', '=', boxId).execute()
    const { removedAt } = await tx
      .updateTable('boxes')
      .set({ removedAt: sql<Date>`now()`, lockHolder: null })
      .where('id', '=', boxId)
      .returning('removedAt')
      .executeTakeFirstOrThrow()
    const data = { name: box.name, address: `${box.host}:${box.pythonPort}`, requestId: ctx.requestId }
    await recordBoxEvents(tx, box, ctx.actor, [{ type: 'box_removed', data }])
    return { id: boxId, name: box.name, removedAt: (removedAt ?? new Date()).toISOString() }
  })
}

function refuseLeased(boxName: string, { jobId, name }: { jobId: string | null; name: string | null }): never {
  const holder = jobId === null ? 'a reservation' : `the job ${name} (${jobId})`
  const message = `${boxName} is held by ${holder}. Let it drain, or cancel the job, and remove the box when it is quiet.`
  throw new DomainError('conflict', message, { reason: 'leased', ...(jobId !== null && { jobId }) })
}
