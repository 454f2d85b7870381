import { sql } from 'kysely'
import { type CallBackTarget, judgeCallBacks } from '../../core/boxes/call-back'
import { recordInspection } from '../../core/boxes/record-inspection'
import type { Inspection } from '../../core/channels/inspection'
import type { BoxId } from '../../core/ids'
import { endRemains, type RemainsDeps } from './end-remains'
import { withJitter } from './probe-boxes'

export type InspectDeps = RemainsDeps & {
  callBacks: readonly CallBackTarget[]
  everySeconds: number
}

const AT_ONCE = 4

/**
 * Runs a tiny script on the boxes whose time has come, to see whether it still is the same machine and can call back; each call
 * returns how many. A bench at work is left alone: a box that holds a job of ours or is locked by somebody waits until it is free.
 * (The claim of each job checks who it is, and a supervisor that cannot call back is noticed as silent.) Where attempts that are
 * over left something, it is ended and removed; no call waits for that.
 */
export function boxInspections(deps: InspectDeps): () => Promise<number> {
  const beingCleared = new Set<BoxId>()
  const clear = (boxId: BoxId, { attempts }: Inspection) => {
    if (beingCleared.has(boxId)) return
    beingCleared.add(boxId)
    endRemains(deps, boxId, attempts)
      .catch((error) => deps.log.warn({ boxId, error: error.message }, 'clearing a box failed'))
      .finally(() => beingCleared.delete(boxId))
  }
  return async () => {
    const due = await takeDue(deps)
    await Promise.all(
      due.map(async (boxId) => {
        const told = await inspectBox(deps, boxId)
        if (told) clear(boxId, told)
      }),
    )
    return due.length
  }
}

async function takeDue({ db, everySeconds }: InspectDeps): Promise<BoxId[]> {
  const { rows } = await sql<{ id: BoxId }>`
    with due as (
      select id from boxes b
      where next_inspection_at <= now() and status = 'online' and removed_at is null and lock_holder is null
        and not exists (select from leases l where l.box_id = b.id)
      order by next_inspection_at limit ${AT_ONCE} for update skip locked)
    update boxes b set next_inspection_at = now() + ${withJitter(everySeconds)}
    from due where b.id = due.id returning b.id`.execute(db)
  return rows.map(({ id }) => id)
}

async function inspectBox(deps: InspectDeps, boxId: BoxId): Promise<Inspection | undefined> {
  const { db, callBacks, installation, log } = deps
  const channel = await deps.channelTo(boxId)
  const told = await channel.inspect(callBacks.map(({ url }) => url))
  if ('kind' in told) {
    log.info({ boxId, ...told }, 'a box could not be inspected') // whether it is online, the probe says
    return undefined
  }
  await recordInspection(db, boxId, told, judgeCallBacks(callBacks, installation, told))
  return told
}
