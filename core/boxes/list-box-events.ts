import type { Ctx } from '../context'
import { type EventView, eventRows, toEventView } from '../events/list-events'
import type { BoxId } from '../ids'
import { visibleBox } from './fleet-rows'

/**
 * What happened to a box, newest first, since a box lives long. `cursor` is the seq of the last event of the page before.
 * @throws NotFound
 */
export async function listBoxEvents(
  ctx: Ctx,
  boxId: BoxId,
  { cursor, limit }: { cursor?: number | undefined; limit: number },
): Promise<{ items: EventView[]; nextCursor: number | null }> {
  await visibleBox(ctx.db, ctx, boxId)
  const rows = await eventRows(ctx, boxId)
    .$if(cursor !== undefined, (qb) => qb.where('events.seq', '<', cursor as number))
    .orderBy('events.seq', 'desc')
    .limit(limit + 1)
    .execute()
  const items = rows.slice(0, limit).map(toEventView)
  return { items, nextCursor: rows.length > limit ? (items.at(-1)?.seq ?? null) : null }
}
