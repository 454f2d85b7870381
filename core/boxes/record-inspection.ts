import { sql, type Transaction } from 'kysely'
import type { Db } from '../../db/client'
import type { Box, Database } from '../../db/schema'
import type { Inspection } from '../channels/inspection'
import type { BoxId } from '../ids'
import { type BoxHappening, recordBoxEvents } from './box-events'
import type { CallBack } from './call-back'
import { findTwins } from './fleet-rows'
import { callBackColumns, identityColumns } from './look-at-box'

/** Where something is wrong, people are at work on it: it is looked at again sooner. */
const TROUBLED_SECONDS = 30

/**
 * Records who a box says it is and whether it can call back. Another box at the address is marked, and gets no jobs until the
 * right one is back or somebody accepts it; a box that cannot call back gets none until it can. A box whose identity was not
 * known gets the one that was found, unless it is another box's.
 */
export async function recordInspection(
  db: Db,
  boxId: BoxId,
  { identity }: Pick<Inspection, 'identity'>,
  callBacks: readonly CallBack[],
): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const box = await tx.selectFrom('boxes').selectAll().where('id', '=', boxId).forNoKeyUpdate().executeTakeFirst()
    if (!box || box.removedAt !== null) return
    const found = identity.lagerBoxId
    const registered = box.lagerBoxId ?? (await adopted(tx, box, found))
    const swapped = registered !== null && registered !== found
    const reach = callBackColumns(callBacks.filter(({ ok }) => !ok))
    const troubled = swapped || !reach.canCallBack
    await tx
      .updateTable('boxes')
      .set({
        ...(!swapped && identityColumns(identity)),
        ...reach,
        lagerBoxId: registered,
        foundBoxId: swapped ? found : null,
        identityMismatchAt: swapped ? (box.identityMismatchAt ?? sql<Date>`now()`) : null,
        inspectedAt: sql<Date>`now()`,
        ...(troubled && {
          nextInspectionAt: sql<Date>`least(next_inspection_at, now() + ${TROUBLED_SECONDS} * interval '1 second')`,
        }),
      })
      .where('id', '=', boxId)
      .execute()
    await recordBoxEvents(tx, box, 'sweep:probe', happeningsOf(box, registered, identity, reach))
  })
}

async function adopted(tx: Transaction<Database>, box: Box, found: string): Promise<string | null> {
  if (found === 'unknown') return null
  const { sameIdentity } = await findTwins(tx, box.orgId, { ...box, lagerBoxId: found }, box.id)
  return sameIdentity === undefined ? found : null
}

function happeningsOf(
  box: Box,
  registered: string | null,
  identity: Inspection['identity'],
  reach: ReturnType<typeof callBackColumns>,
): BoxHappening[] {
  const { lagerBoxId: found, bootId, hostname } = identity
  const happenings: BoxHappening[] = []
  if (registered !== null && registered !== found) {
    const known = box.identityMismatchAt !== null && box.foundBoxId === found
    if (!known) happenings.push({ type: 'identity_mismatch', data: { registered, found, hostname } })
  } else {
    if (box.identityMismatchAt !== null) happenings.push({ type: 'identity_restored', data: { found } })
    if (box.bootId !== null && box.bootId !== bootId) happenings.push({ type: 'box_rebooted', data: { bootId } })
  }
  if (box.canCallBack !== reach.canCallBack) {
    const { canCallBack, callBackDetail: detail } = reach
    happenings.push({ type: 'box_changed', data: { changed: ['canCallBack'], canCallBack, detail } })
  }
  return happenings
}
