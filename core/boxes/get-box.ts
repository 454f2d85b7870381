import type { Ctx } from '../context'
import { NotFound } from '../errors'
import type { BoxId } from '../ids'
import { visibleBox } from './fleet-rows'
import { type BoxView, toBoxViews } from './list-boxes'

/** A box; also one that was removed, since jobs speak of it. @throws NotFound */
export async function getBox(ctx: Ctx, boxId: BoxId): Promise<BoxView> {
  const [view] = await toBoxViews(ctx, [await visibleBox(ctx.db, ctx, boxId)])
  if (!view) throw new NotFound('box', boxId)
  return view
}
