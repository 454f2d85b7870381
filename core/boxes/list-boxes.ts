import { z } from 'zod'
import type { Box } from '../../db/schema'
import type { Ctx } from '../context'
import { tagOf } from '../edits/tag'
import { JOB_STATES } from '../jobs/state'
import { HOLDS, heldSlots } from './held-slots'

const instant = () => z.iso.datetime().nullable()

/** A box as every reader gets it; nothing of its credentials. */
export const boxViewSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    host: z.string(),
    pythonPort: z.number().int(),
    httpPort: z.number().int(),
    hasToken: z.boolean(),
    status: z.enum(['unknown', 'online', 'offline']),
    statusDetail: z.string().nullable(),
    version: z.string().nullable(),
    lagerBoxId: z.string().nullable().meta({ description: 'Who it is: LAGER_BOX_ID, where the box has one.' }),
    foundBoxId: z.string().nullable().meta({ description: 'Who answers at its address instead, where it is another.' }),
    hostname: z.string().nullable(),
    bootId: z.string().nullable().meta({ description: 'Changes with each start of the machine.' }),
    pythonVersion: z.string().nullable(),
    labels: z.record(z.string(), z.string()),
    nets: z.array(z.object({ name: z.string(), type: z.string() })),
    groups: z.array(z.string()),
    slots: z.number().int(),
    leases: z
      .array(
        z.object({
          slot: z.number().int(),
          jobId: z.string().nullable(),
          jobName: z.string().nullable(),
          jobState: z.enum(JOB_STATES).nullable(),
          attempt: z.number().int().nullable(),
          acquiredAt: z.iso.datetime(),
          lastHeardAt: instant().meta({ description: 'When its supervisor last called.' }),
          hold: z.enum(HOLDS).meta({
            description:
              'Why it is held: working (the job is on the way), ending (the job is over, its supervisor ends what is left), out_of_contact (nobody knows what its supervisor does), reserved.',
          }),
          releasable: z.boolean().meta({ description: 'Whether an owner or admin may free it by hand.' }),
        }),
      )
      .meta({ description: 'Who holds its slots. A job that is over holds its slot until the box is quiet.' }),
    lockHolder: z.string().nullable().meta({ description: 'Somebody outside Stout who has locked the box.' }),
    canCallBack: z.boolean().meta({ description: 'Whether it reaches Stout; without that it gets no jobs.' }),
    callBackDetail: z.string().nullable().meta({ description: 'What the box said when it could not.' }),
    identityMismatch: z.boolean(),
    draining: z.boolean(),
    createdAt: z.iso.datetime(),
    lastSeenAt: instant(),
    probedAt: instant(),
    inspectedAt: instant().meta({
      description: 'When a script there last said who it is and whether it can call back.',
    }),
    removedAt: instant(),
  })
  .meta({ id: 'Box' })
export type BoxView = z.infer<typeof boxViewSchema>

/** Names what people can edit of a box. Of its token that it has one: a box that takes another is still as it was read. */
export function boxTag({ id, name, host, pythonPort, httpPort, hasToken, lagerBoxId, ...view }: BoxView): string {
  const labels = Object.entries(view.labels).sort(([a], [b]) => (a < b ? -1 : 1))
  const { groups, slots, draining, removedAt } = view
  return tagOf([id, name, host, pythonPort, httpPort, hasToken, lagerBoxId, labels, groups, slots, draining, removedAt])
}

/** The organisation's boxes by name, a page at a time. `cursor` is the name of the last box of the page before. */
export async function listBoxes(
  ctx: Ctx,
  { cursor, limit }: { cursor?: string | undefined; limit: number },
): Promise<{ items: BoxView[]; nextCursor: string | null }> {
  const boxes = await ctx.db
    .selectFrom('boxes')
    .selectAll()
    .where('orgId', '=', ctx.orgId)
    .where('removedAt', 'is', null)
    .$if(cursor !== undefined, (qb) => qb.where('name', '>', cursor as string))
    .orderBy('name')
    .limit(limit + 1)
    .execute()
  const page = boxes.slice(0, limit)
  return { items: await toBoxViews(ctx, page), nextCursor: boxes.length > limit ? (page.at(-1)?.name ?? null) : null }
}

/** Makes the views of boxes, with their groups and who holds their slots. */
export async function toBoxViews(ctx: Ctx, boxes: Box[]): Promise<BoxView[]> {
  if (boxes.length === 0) return []
  const ids = boxes.map(({ id }) => id)
  const [slots, groups] = await Promise.all([heldSlots(ctx.db, ids), groupsOf(ctx, boxes)])
  const leases = Map.groupBy(slots, ({ boxId }) => boxId)
  return boxes.map((box) => ({
    ...plain(box),
    hasToken: box.tokenSealed !== null,
    identityMismatch: box.identityMismatchAt !== null,
    createdAt: box.createdAt.toISOString(),
    lastSeenAt: box.lastSeenAt?.toISOString() ?? null,
    probedAt: box.probedAt?.toISOString() ?? null,
    inspectedAt: box.inspectedAt?.toISOString() ?? null,
    removedAt: box.removedAt?.toISOString() ?? null,
    groups: groups.get(box.id)?.map((group) => group.name) ?? [],
    leases: (leases.get(box.id) ?? []).map(({ boxId: _, acquiredAt, lastHeardAt, ...lease }) => ({
      ...lease,
      acquiredAt: acquiredAt.toISOString(),
      lastHeardAt: lastHeardAt?.toISOString() ?? null,
    })),
  }))
}

function plain(box: Box) {
  const { id, name, host, pythonPort, httpPort, status, statusDetail, version, lagerBoxId, labels, nets } = box
  const { slots, lockHolder, canCallBack, callBackDetail, draining, foundBoxId, hostname, bootId, pythonVersion } = box
  return {
    ...{ id, name, host, pythonPort, httpPort, status, statusDetail, version, lagerBoxId, labels, nets },
    ...{ slots, lockHolder, canCallBack, callBackDetail, draining, foundBoxId, hostname, bootId, pythonVersion },
  }
}

async function groupsOf(ctx: Ctx, boxes: Box[]) {
  const rows = await ctx.db
    .selectFrom('groupBoxes')
    .innerJoin('groups', 'groups.id', 'groupBoxes.groupId')
    .select(['groupBoxes.boxId', 'groups.name'])
    .where(
      'groupBoxes.boxId',
      'in',
      boxes.map((box) => box.id),
    )
    .orderBy('groups.name')
    .execute()
  return Map.groupBy(rows, (row) => row.boxId as string)
}
