import { sql } from 'kysely'
import type { Db } from '../../db/client'
import type { Box, Net } from '../../db/schema'
import type { Refusal } from '../attempts/return-job'
import type { BoxId } from '../ids'
import { recordBoxEvents } from './box-events'

/** What a probe found. `lockHolder` is somebody else's hold on the box's own lock; ours don't count. */
export type Probe =
  | { online: true; version: string; nets: Net[]; lockHolder: string | null }
  | { online: false; kind: Refusal['kind']; detail: string }

/** One lost probe says little: a box that was online is asked again after this, and is offline when it misses that one too. */
const ASK_AGAIN_SECONDS = 2
const MISSES_TO_OFFLINE = 2

/**
 * Records what a probe saw of a box. When something changed that placement looks at (status, nets, lock), the change is an
 * event of the box and asks for placement. A box that came back may be another one or may have been moved: it is inspected.
 */
export async function recordProbe(db: Db, boxId: BoxId, probe: Probe): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const box = await tx.selectFrom('boxes').selectAll().where('id', '=', boxId).forNoKeyUpdate().executeTakeFirst()
    if (!box || box.removedAt !== null) return
    const seen = probe.online ? seenOnline(box, probe) : seenOffline(box, probe)
    await tx
      .updateTable('boxes')
      .set({ ...seen, probedAt: sql<Date>`now()` })
      .where('id', '=', boxId)
      .execute()
    const data = whatChanged(box, probe, seen.status)
    if (data) await recordBoxEvents(tx, box, 'sweep:probe', [{ type: 'box_changed', data }])
  })
}

function seenOnline(box: Box, { version, nets, lockHolder }: Probe & { online: true }) {
  return {
    status: 'online' as const,
    statusDetail: null,
    missedProbes: 0,
    ...{ version, nets: JSON.stringify(nets), lockHolder },
    lastSeenAt: sql<Date>`now()`,
    ...(box.status !== 'online' && { nextInspectionAt: sql<Date>`now()` }),
  }
}

function seenOffline(box: Box, { kind, detail }: Probe & { online: false }) {
  const missedProbes = box.missedProbes + 1
  const isSilence = kind === 'unreachable' || kind === 'silent'
  if (box.status === 'online' && isSilence && missedProbes < MISSES_TO_OFFLINE) {
    const soon = sql<Date>`least(next_probe_at, now() + ${ASK_AGAIN_SECONDS} * interval '1 second')`
    return { status: box.status, missedProbes, nextProbeAt: soon }
  }
  return { status: 'offline' as const, missedProbes, statusDetail: `${kind}: ${detail}` }
}

/** The data of the event; undefined when nothing changed. */
function whatChanged(box: Box, probe: Probe, status: Box['status']): Record<string, unknown> | undefined {
  if (!probe.online) {
    if (status === box.status) return undefined
    return { changed: ['status'], status, detail: `${probe.kind}: ${probe.detail}` }
  }
  const { version, lockHolder, nets } = probe
  const listed = (list: Net[]) => JSON.stringify(list.map(({ name, type }) => [name, type]))
  const changed = [
    box.status !== status && 'status',
    box.version !== null && box.version !== version && 'version',
    box.lockHolder !== lockHolder && 'lockHolder',
    listed(box.nets) !== listed(nets) && 'nets',
  ].filter((field) => field !== false)
  return changed.length > 0 ? { changed, status, version, lockHolder, nets } : undefined
}
