import { z } from 'zod'
import type { WaitCode, WaitReason } from '../../db/schema'
import type { Ctx } from '../context'
import type { BoxId } from '../ids'
import { waitReasonSchema } from '../jobs/job-view'
import type { Target } from '../jobs/submission'
import { type CandidateBox, isTarget, reasonsFor, type Wish } from './decide'
import { loadFleet } from './load-fleet'

/** What no waiting changes: the box is not what the job asks for. */
const LASTING: readonly WaitCode[] = ['label_mismatch', 'missing_net']
/** No box rests for a job that is not there yet. */
const NONE_RESTS: ReadonlyMap<BoxId, Date> = new Map()

/** How the boxes that a job would target stand to it. Each of them is named once. */
export const targetViewSchema = z.object({
  /** How many are targeted. */
  boxes: z.number().int(),
  /** Could take it now. */
  free: z.array(z.string()),
  /** Fit, but could not take it now, by reason. */
  later: z.array(waitReasonSchema),
  /** Don't fit, by reason. */
  unfit: z.array(waitReasonSchema),
  /** Why there is no box to look at. */
  nothing: waitReasonSchema.nullable(),
})
export type TargetView = z.infer<typeof targetViewSchema>

/**
 * Says what placement would say of each box if a job with this target and these requirements came now, and no other waited.
 * Requirements that are none count for nothing.
 */
export async function seeTarget(ctx: Ctx, asked: { target: Target; requires: string[] }): Promise<TargetView> {
  const fleet = await loadFleet(ctx.db, ctx.orgId)
  const wish = { ...(await aimAt(ctx, asked.target, fleet)), requires: asked.requires, restingOn: NONE_RESTS }
  const targeted = fleet.filter((box) => isTarget(box, wish))
  const reasons = reasonsFor(targeted, wish, new Date())
  if (targeted.length === 0) return { boxes: 0, free: [], later: [], unfit: [], nothing: reasons[0] ?? null }
  const kept = reasons.filter(({ code }) => code !== 'no_free_box')
  const notNow = new Set(kept.flatMap(({ boxes }) => boxes))
  const isLasting = ({ code }: WaitReason) => LASTING.includes(code)
  return {
    boxes: targeted.length,
    free: targeted.map(({ name }) => name).filter((name) => !notNow.has(name)),
    later: kept.filter((reason) => !isLasting(reason)),
    unfit: kept.filter(isLasting),
    nothing: null,
  }
}

/** The target as jobs keep it. One that is not there targets nothing. */
async function aimAt(
  { db, orgId }: Ctx,
  target: Target,
  fleet: readonly CandidateBox[],
): Promise<Pick<Wish, 'targetKind' | 'targetId'>> {
  if ('any' in target) return { targetKind: 'any', targetId: null }
  if ('box' in target) {
    return { targetKind: 'box', targetId: fleet.find(({ name }) => name === target.box)?.id ?? null }
  }
  const group = await db
    .selectFrom('groups')
    .select('id')
    .where('orgId', '=', orgId)
    .where('name', '=', target.group)
    .executeTakeFirst()
  return { targetKind: 'group', targetId: group?.id ?? null }
}
