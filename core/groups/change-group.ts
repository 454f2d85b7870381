import type { Transaction } from 'kysely'
import type { Database } from '../../db/schema'
import { recordBoxEvents } from '../boxes/box-events'
import { lockFleet } from '../boxes/fleet-rows'
import { type Ctx, requireTo } from '../context'
import { refuseStale } from '../edits/tag'
import { DomainError, Invalid } from '../errors'
import { lockOrg, recordOrgEvent } from '../events/record-org-event'
import { once } from '../idempotency/once'
import { type BoxId, type GroupId, newId } from '../ids'
import { type GroupChanges, type GroupView, getGroup, groupTag, type NewGroup } from './group-view'

type Tx = Transaction<Database>

/**
 * Makes a group.
 * @throws DomainError `forbidden`, `conflict` when the name is taken; Invalid when it names a box that is not there
 */
export async function createGroup(ctx: Ctx, { name, boxes }: NewGroup): Promise<GroupView> {
  return await changing(ctx, async (tx) => {
    await refuseTaken(tx, ctx, name)
    const id: GroupId = newId('group')
    await tx.insertInto('groups').values({ id, orgId: ctx.orgId, name }).execute()
    await recordOrgEvent(tx, ctx, { type: 'group_created', data: { groupId: id, name, boxes } })
    await setBoxes(tx, ctx, id, await boxesNamed(tx, ctx, boxes))
    return await getGroup(ctx, id, tx)
  })
}

/**
 * Changes a group; what is left out stays. Jobs that wait for it follow it under its new name, and are placed anew when its boxes
 * change.
 * @throws NotFound; DomainError `forbidden`, `conflict`, `precondition_failed`; Invalid, as for a new group
 */
export async function updateGroup(ctx: Ctx, groupId: GroupId, { name, boxes }: GroupChanges): Promise<GroupView> {
  return await changing(ctx, async (tx) => {
    const before = await getGroup(ctx, groupId, tx)
    await refuseStale(ctx, () => groupTag(before))
    if (name !== undefined && name !== before.name) {
      await refuseTaken(tx, ctx, name)
      await tx.updateTable('groups').set({ name }).where('id', '=', groupId).execute()
      const data = { groupId, from: before.name, to: name }
      await recordOrgEvent(tx, ctx, { type: 'group_renamed', data })
    }
    if (boxes) await setBoxes(tx, ctx, groupId, await boxesNamed(tx, ctx, boxes))
    return await getGroup(ctx, groupId, tx)
  })
}

/**
 * Deletes a group; its boxes stay. Jobs that wait for it say that their target is gone, until they are cancelled or their queue
 * limit ends.
 * @throws NotFound; DomainError `forbidden`, `precondition_failed`
 */
export async function deleteGroup(ctx: Ctx, groupId: GroupId): Promise<GroupView> {
  return await changing(ctx, async (tx) => {
    const before = await getGroup(ctx, groupId, tx)
    await refuseStale(ctx, () => groupTag(before))
    await setBoxes(tx, ctx, groupId, [])
    await tx.deleteFrom('groups').where('id', '=', groupId).execute()
    await recordOrgEvent(tx, ctx, { type: 'group_deleted', data: { groupId, name: before.name } })
    return before
  })
}

/** One change of an organisation's fleet at a time, by somebody who may. */
async function changing<T>(ctx: Ctx, change: (tx: Tx) => Promise<T>): Promise<T> {
  requireTo(ctx, 'manage')
  return await once(ctx, async (tx) => {
    await lockFleet(tx, ctx.orgId)
    await lockOrg(tx, ctx)
    return await change(tx)
  })
}

async function refuseTaken(tx: Tx, { orgId }: Ctx, name: string): Promise<void> {
  const taken = await tx
    .selectFrom('groups')
    .select('id')
    .where('orgId', '=', orgId)
    .where('name', '=', name)
    .executeTakeFirst()
  if (!taken) return
  const message = `There is a group named ${name} already.`
  throw new DomainError('conflict', message, { reason: 'duplicate_name' }, [{ path: 'name', message }])
}

/** @throws Invalid, naming each entry that is no box */
async function boxesNamed(tx: Tx, { orgId }: Ctx, names: string[]): Promise<BoxId[]> {
  const found = await tx
    .selectFrom('boxes')
    .select(['id', 'name'])
    .where('orgId', '=', orgId)
    .where('removedAt', 'is', null)
    .where('name', 'in', names.length > 0 ? names : [''])
    .execute()
  const known = new Map(found.map(({ id, name }) => [name, id]))
  const issues = names.flatMap((name, index) =>
    known.has(name) ? [] : [{ path: `boxes.${index}`, message: `There is no box named ${JSON.stringify(name)}.` }],
  )
  if (issues.length > 0) throw new Invalid(issues)
  return [...known.values()]
}

/** Puts exactly these boxes into a group. Each box that joins or leaves says so in an event, which has waiting jobs placed anew. */
async function setBoxes(tx: Tx, ctx: Ctx, groupId: GroupId, wanted: BoxId[]): Promise<void> {
  const members = await tx.selectFrom('groupBoxes').select('boxId').where('groupId', '=', groupId).execute()
  const before = new Set(members.map(({ boxId }) => boxId))
  const after = new Set(wanted)
  const left = [...before].filter((id) => !after.has(id))
  const joined = wanted.filter((id) => !before.has(id))
  const moved = [...left, ...joined].sort()
  if (moved.length === 0) return
  await tx.selectFrom('boxes').select('id').where('id', 'in', moved).orderBy('id').forNoKeyUpdate().execute()
  const groupsBefore = await groupsOf(tx, moved)
  await tx.deleteFrom('groupBoxes').where('groupId', '=', groupId).execute()
  if (after.size > 0)
    await tx
      .insertInto('groupBoxes')
      .values([...after].map((boxId) => ({ groupId, boxId })))
      .execute()
  const groupsAfter = await groupsOf(tx, moved)
  for (const id of moved) {
    const groups = { from: groupsBefore.get(id) ?? [], to: groupsAfter.get(id) ?? [] }
    const data = { changes: { groups }, requestId: ctx.requestId }
    await recordBoxEvents(tx, { id, orgId: ctx.orgId }, ctx.actor, [{ type: 'box_edited', data }])
  }
}

/** Names of the groups that each of some boxes is in. */
async function groupsOf(tx: Tx, boxIds: BoxId[]): Promise<Map<BoxId, string[]>> {
  const rows = await tx
    .selectFrom('groupBoxes')
    .innerJoin('groups', 'groups.id', 'groupBoxes.groupId')
    .select(['groupBoxes.boxId', 'groups.name'])
    .where('groupBoxes.boxId', 'in', boxIds)
    .orderBy('groups.name')
    .execute()
  const byBox = Map.groupBy(rows, ({ boxId }) => boxId)
  return new Map([...byBox].map(([boxId, groups]) => [boxId, groups.map(({ name }) => name)]))
}
