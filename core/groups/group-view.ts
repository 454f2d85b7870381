import { z } from 'zod'
import type { Db } from '../../db/client'
import type { Ctx } from '../context'
import { tagOf } from '../edits/tag'
import { NotFound } from '../errors'
import type { GroupId } from '../ids'
import { plainNameSchema } from '../plain-name'
import { plainText } from '../plain-text'

/** A group of boxes that a job can target. */
export const groupViewSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    boxes: z.array(z.object({ id: z.string(), name: z.string() })).meta({ description: 'By name.' }),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: 'Group' })
export type GroupView = z.infer<typeof groupViewSchema>

/** Names what people can edit of a group. */
export function groupTag({ id, name, boxes }: GroupView): string {
  return tagOf([id, name, boxes.map((box) => box.id).sort()])
}

/** A group as it is made. */
export const newGroupSchema = z.strictObject({
  name: plainNameSchema,
  boxes: z.array(plainText()).max(1_000, 'must be at most 1000').default([]).meta({ description: 'Names of boxes.' }),
})
export type NewGroup = z.infer<typeof newGroupSchema>

/** What can be changed about a group; what is left out stays. */
export const groupChangesSchema = z.strictObject({
  name: plainNameSchema.optional(),
  boxes: newGroupSchema.shape.boxes.unwrap().optional(),
})
export type GroupChanges = z.infer<typeof groupChangesSchema>

/** The organisation's groups by name, a page at a time. `cursor` is the name of the last group of the page before. */
export async function listGroups(
  ctx: Ctx,
  { cursor, limit }: { cursor?: string | undefined; limit: number },
): Promise<{ items: GroupView[]; nextCursor: string | null }> {
  const rows = await groupRows(ctx.db, ctx)
    .$if(cursor !== undefined, (qb) => qb.where('name', '>', cursor as string))
    .orderBy('name')
    .limit(limit + 1)
    .execute()
  const items = await toGroupViews(ctx.db, rows.slice(0, limit))
  return { items, nextCursor: rows.length > limit ? (items.at(-1)?.name ?? null) : null }
}

/** @throws NotFound, also for another organisation's group */
export async function getGroup(ctx: Ctx, groupId: GroupId, db: Pick<Db, 'selectFrom'> = ctx.db): Promise<GroupView> {
  const row = await groupRows(db, ctx).where('id', '=', groupId).executeTakeFirst()
  const [view] = row ? await toGroupViews(db, [row]) : []
  if (!view) throw new NotFound('group', groupId)
  return view
}

const groupRows = (db: Pick<Db, 'selectFrom'>, { orgId }: Ctx) =>
  db.selectFrom('groups').select(['id', 'name', 'createdAt']).where('orgId', '=', orgId)

async function toGroupViews(
  db: Pick<Db, 'selectFrom'>,
  rows: { id: GroupId; name: string; createdAt: Date }[],
): Promise<GroupView[]> {
  if (rows.length === 0) return []
  const ids = rows.map(({ id }) => id)
  const members = await db
    .selectFrom('groupBoxes')
    .innerJoin('boxes', 'boxes.id', 'groupBoxes.boxId')
    .select(['groupBoxes.groupId', 'boxes.id', 'boxes.name'])
    .where('groupBoxes.groupId', 'in', ids)
    .orderBy('boxes.name')
    .execute()
  const boxesOf = Map.groupBy(members, ({ groupId }) => groupId)
  return rows.map(({ id, name, createdAt }) => ({
    ...{ id, name, createdAt: createdAt.toISOString() },
    boxes: (boxesOf.get(id) ?? []).map((box) => ({ id: box.id, name: box.name })),
  }))
}
