import { sql } from 'kysely'
import type { Db } from '../../db/client'
import type { Box, Net } from '../../db/schema'
import { recordEvents } from '../events/record-events'
import type { BoxId } from '../ids'

/** What a probe found. `lockHolder` is somebody else's hold on the box's own lock; ours don't count. */
export type Probe =
  | { online: true; version: string; nets: Net[]; lockHolder: string | null }
  | { online: false; detail: string }

/**
 * Records what a probe saw of a box. When something changed that placement looks at (status, nets, lock), the change is an
 * event of the box and asks for placement.
 */
export async function recordProbe(db: Db, boxId: BoxId, probe: Probe): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const box = await tx.selectFrom('boxes').selectAll().where('id', '=', boxId).forNoKeyUpdate().executeTakeFirst()
    if (!box) return
    const seen = probe.online
      ? {
          status: 'online' as const,
          statusDetail: null,
          version: probe.version,
          nets: JSON.stringify(probe.nets),
          lockHolder: probe.lockHolder,
          lastSeenAt: sql<Date>`now()`,
        }
      : { status: 'offline' as const, statusDetail: probe.detail }
    await tx
      .updateTable('boxes')
      .set({ ...seen, probedAt: sql<Date>`now()` })
      .where('id', '=', boxId)
      .execute()
    if (!changed(box, probe)) return
    const { seq } = await tx
      .selectFrom('events')
      .select((eb) => eb.fn.coalesce(eb.fn.max('seq'), sql<number>`0`).as('seq'))
      .where('subject', '=', boxId)
      .executeTakeFirstOrThrow()
    const data = probe.online
      ? { status: 'online', version: probe.version, lockHolder: probe.lockHolder }
      : { status: 'offline', detail: probe.detail }
    await recordEvents(tx, [
      { subject: boxId, seq: seq + 1, orgId: box.orgId, type: 'box_changed', actor: 'sweep:probe', data },
    ])
  })
}

function changed(box: Box, probe: Probe): boolean {
  if (!probe.online) return box.status !== 'offline'
  const nets = (list: Net[]) => JSON.stringify(list.map(({ name, type }) => [name, type]))
  return box.status !== 'online' || box.lockHolder !== probe.lockHolder || nets(box.nets) !== nets(probe.nets)
}
