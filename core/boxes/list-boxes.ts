import { z } from 'zod'
import type { Box } from '../../db/schema'
import type { Ctx } from '../context'

/** A box as every reader gets it; nothing of its credentials. */
export const boxViewSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    host: z.string(),
    pythonPort: z.number().int(),
    httpPort: z.number().int(),
    status: z.enum(['unknown', 'online', 'offline']),
    statusDetail: z.string().nullable(),
    version: z.string().nullable(),
    lagerBoxId: z.string().nullable(),
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
          jobState: z.string().nullable(),
          attempt: z.number().int().nullable(),
          acquiredAt: z.iso.datetime(),
        }),
      )
      .meta({ description: 'Who holds its slots. A job that is over holds its slot until the box is quiet.' }),
    lockHolder: z.string().nullable().meta({ description: 'Somebody outside Stout who has locked the box.' }),
    canCallBack: z.boolean(),
    identityMismatch: z.boolean(),
    draining: z.boolean(),
    lastSeenAt: z.iso.datetime().nullable(),
    probedAt: z.iso.datetime().nullable(),
  })
  .meta({ id: 'Box' })
export type BoxView = z.infer<typeof boxViewSchema>

/** The organisation's boxes by name, a page at a time. `cursor` is the name of the last box of the page before. */
export async function listBoxes(
  ctx: Ctx,
  { cursor, limit }: { cursor?: string | undefined; limit: number },
): Promise<{ items: BoxView[]; nextCursor: string | null }> {
  const boxes = await ctx.db
    .selectFrom('boxes')
    .selectAll()
    .where('orgId', '=', ctx.orgId)
    .$if(cursor !== undefined, (qb) => qb.where('name', '>', cursor as string))
    .orderBy('name')
    .limit(limit + 1)
    .execute()
  const page = boxes.slice(0, limit)
  const [leases, groups] = await Promise.all([leasesOf(ctx, page), groupsOf(ctx, page)])
  const items = page.map((box) => ({
    ...pick(box),
    identityMismatch: box.identityMismatchAt !== null,
    lastSeenAt: box.lastSeenAt?.toISOString() ?? null,
    probedAt: box.probedAt?.toISOString() ?? null,
    groups: groups.get(box.id)?.map((group) => group.name) ?? [],
    leases: (leases.get(box.id) ?? []).map(({ boxId: _, acquiredAt, ...lease }) => ({
      ...lease,
      acquiredAt: acquiredAt.toISOString(),
    })),
  }))
  return { items, nextCursor: boxes.length > limit ? (page.at(-1)?.name ?? null) : null }
}

function pick(box: Box) {
  const { id, name, host, pythonPort, httpPort, status, statusDetail, version, lagerBoxId, labels, nets } = box
  const { slots, lockHolder, canCallBack, draining } = box
  return {
    ...{ id, name, host, pythonPort, httpPort, status, statusDetail, version, lagerBoxId, labels, nets },
    ...{ slots, lockHolder, canCallBack, draining },
  }
}

async function leasesOf(ctx: Ctx, boxes: Box[]) {
  if (boxes.length === 0) return new Map<string, never>()
  const rows = await ctx.db
    .selectFrom('leases')
    .leftJoin('jobs', 'jobs.id', 'leases.jobId')
    .select(['leases.boxId', 'leases.slot', 'leases.jobId', 'leases.attempt', 'leases.acquiredAt'])
    .select(['jobs.name as jobName', 'jobs.state as jobState'])
    .where(
      'leases.boxId',
      'in',
      boxes.map((box) => box.id),
    )
    .orderBy('leases.slot')
    .execute()
  return Map.groupBy(rows, (row) => row.boxId as string)
}

async function groupsOf(ctx: Ctx, boxes: Box[]) {
  if (boxes.length === 0) return new Map<string, never>()
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
