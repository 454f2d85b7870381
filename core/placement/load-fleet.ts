import type { Transaction } from 'kysely'
import type { Db } from '../../db/client'
import type { Database } from '../../db/schema'
import type { BoxId, OrgId } from '../ids'
import type { CandidateBox } from './decide'

/** The organisation's boxes as placement sees them, leases included. */
export async function loadFleet(db: Db | Transaction<Database>, orgId: OrgId): Promise<CandidateBox[]> {
  const boxes = await db
    .selectFrom('boxes')
    .selectAll()
    .where('orgId', '=', orgId)
    .where('removedAt', 'is', null)
    .orderBy('name')
    .execute()
  const leases = await db.selectFrom('leases').select(['boxId', 'slot']).where('orgId', '=', orgId).execute()
  const memberships = await db
    .selectFrom('groupBoxes')
    .innerJoin('groups', 'groups.id', 'groupBoxes.groupId')
    .select(['groupBoxes.boxId', 'groupBoxes.groupId'])
    .where('groups.orgId', '=', orgId)
    .execute()
  const taken = groupBy(leases, (lease) => lease.boxId)
  const groupsOf = groupBy(memberships, (membership) => membership.boxId)
  return boxes.map((box) => {
    const busy = new Set(taken.get(box.id)?.map((lease) => lease.slot))
    return {
      id: box.id,
      name: box.name,
      online: box.status === 'online',
      draining: box.draining,
      canCallBack: box.canCallBack,
      callBackDetail: box.callBackDetail,
      identityMismatch: box.identityMismatchAt !== null,
      lockHolder: box.lockHolder,
      labels: box.labels,
      nets: box.nets,
      groupIds: groupsOf.get(box.id)?.map((membership) => membership.groupId) ?? [],
      slots: box.slots,
      freeSlots: Array.from({ length: box.slots }, (_, slot) => slot).filter((slot) => !busy.has(slot)),
    }
  })
}

function groupBy<T>(rows: T[], keyOf: (row: T) => BoxId): Map<BoxId, T[]> {
  return Map.groupBy(rows, keyOf)
}
