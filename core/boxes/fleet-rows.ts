import { sql, type Transaction } from 'kysely'
import type { Db } from '../../db/client'
import type { Box, Database } from '../../db/schema'
import type { Ctx } from '../context'
import { DomainError, NotFound } from '../errors'
import { type BoxId, newId, type OrgId } from '../ids'

type Reads = Db | Transaction<Database>

/** A box that the caller may see, removed ones included. @throws NotFound, also for another organisation's box */
export async function visibleBox(db: Reads, ctx: Pick<Ctx, 'orgId'>, boxId: BoxId): Promise<Box> {
  const box = await db
    .selectFrom('boxes')
    .selectAll()
    .where('id', '=', boxId)
    .where('orgId', '=', ctx.orgId)
    .executeTakeFirst()
  if (!box) throw new NotFound('box', boxId)
  return box
}

/** A box that may be changed, its row locked. @throws NotFound; DomainError `conflict` when it was removed */
export async function lockBox(tx: Transaction<Database>, ctx: Pick<Ctx, 'orgId'>, boxId: BoxId): Promise<Box> {
  await tx.selectFrom('boxes').select('id').where('id', '=', boxId).forNoKeyUpdate().execute()
  const box = await visibleBox(tx, ctx, boxId)
  refuseRemoved(box)
  return box
}

/** @throws DomainError `conflict` when the box was removed */
export function refuseRemoved({ name, removedAt }: Box): void {
  if (removedAt === null) return
  throw new DomainError('conflict', `The box ${name} was removed.`, { reason: 'removed' })
}

/** Lets one change of names, addresses and identities of an organisation's boxes at a time. */
export async function lockFleet(tx: Transaction<Database>, orgId: OrgId): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`boxes:${orgId}`}, 0))`.execute(tx)
}

/** The names of other boxes, not removed, that have the same name, address or identity. */
export async function findTwins(
  db: Reads,
  orgId: OrgId,
  mine: { name?: string | undefined; host: string; pythonPort: number; lagerBoxId?: string | null | undefined },
  except?: BoxId,
): Promise<{ name?: string | undefined; sameAddress?: string | undefined; sameIdentity?: string | undefined }> {
  const others = await db
    .selectFrom('boxes')
    .select(['name', 'host', 'pythonPort', 'lagerBoxId'])
    .where('orgId', '=', orgId)
    .where('removedAt', 'is', null)
    .$if(except !== undefined, (qb) => qb.where('id', '<>', except as BoxId))
    .execute()
  const known = mine.lagerBoxId ?? 'unknown'
  return {
    name: others.find((box) => box.name === mine.name)?.name,
    sameAddress: others.find((box) => box.host === mine.host && box.pythonPort === mine.pythonPort)?.name,
    sameIdentity: known === 'unknown' ? undefined : others.find((box) => box.lagerBoxId === known)?.name,
  }
}

/** @throws DomainError `conflict` */
export function refuseName(name: string): never {
  const message = `There is a box named ${name} already.`
  throw new DomainError('conflict', message, { reason: 'duplicate_name' }, [{ path: 'name', message }])
}

/** Puts a box into exactly these groups; a group that is new is made. */
export async function setGroups(
  tx: Transaction<Database>,
  orgId: OrgId,
  boxId: BoxId,
  names: readonly string[],
): Promise<void> {
  await tx.deleteFrom('groupBoxes').where('boxId', '=', boxId).execute()
  if (names.length === 0) return
  const wanted = [...new Set(names)]
  await tx
    .insertInto('groups')
    .values(wanted.map((name) => ({ id: newId('group'), orgId, name })))
    .onConflict((oc) => oc.columns(['orgId', 'name']).doNothing())
    .execute()
  await tx
    .insertInto('groupBoxes')
    .columns(['groupId', 'boxId'])
    .expression((eb) =>
      eb
        .selectFrom('groups')
        .select(['id', sql.lit(boxId).as('boxId')])
        .where('orgId', '=', orgId)
        .where('name', 'in', wanted),
    )
    .execute()
}
