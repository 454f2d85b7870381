import { sql } from 'kysely'
import { type CallBackTarget, judgeCallBacks } from '../../core/boxes/call-back'
import { recordInspection } from '../../core/boxes/record-inspection'
import type { ChannelTo } from '../../core/channels/open-channel'
import type { BoxId } from '../../core/ids'
import type { Db } from '../../db/client'
import type { Log } from '../log'
import { withJitter } from './probe-boxes'

export type InspectDeps = {
  db: Db
  channelTo: ChannelTo
  log: Log
  installation: string
  callBacks: readonly CallBackTarget[]
  everySeconds: number
}

const AT_ONCE = 4

/**
 * Runs a tiny script on the boxes whose time has come, to see whether it still is the same machine and can call back; returns
 * how many. A bench at work is left alone: a box that holds a job of ours or is locked by somebody waits until it is free. (The
 * claim of each job checks who it is, and a supervisor that cannot call back is noticed as silent.)
 */
export async function inspectDueBoxes(deps: InspectDeps): Promise<number> {
  const { rows } = await sql<{ id: BoxId }>`
    with due as (
      select id from boxes b
      where next_inspection_at <= now() and status = 'online' and removed_at is null and lock_holder is null
        and not exists (select from leases l where l.box_id = b.id)
      order by next_inspection_at limit ${AT_ONCE} for update skip locked)
    update boxes b set next_inspection_at = now() + ${withJitter(deps.everySeconds)}
    from due where b.id = due.id returning b.id`.execute(deps.db)
  await Promise.all(rows.map(({ id }) => inspectBox(deps, id)))
  return rows.length
}

async function inspectBox(deps: InspectDeps, boxId: BoxId): Promise<void> {
  const { db, callBacks, installation, log } = deps
  const channel = await deps.channelTo(boxId)
  const told = await channel.inspect(callBacks.map(({ url }) => url))
  if ('kind' in told) {
    log.info({ boxId, ...told }, 'a box could not be inspected') // whether it is online, the probe says
    return
  }
  await recordInspection(db, boxId, told, judgeCallBacks(callBacks, installation, told))
}
