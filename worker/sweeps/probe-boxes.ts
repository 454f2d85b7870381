import { sql } from 'kysely'
import { recordProbe } from '../../core/boxes/record-probe'
import type { ChannelTo } from '../../core/channels/open-channel'
import type { BoxId } from '../../core/ids'
import type { Db } from '../../db/client'

export type ProbeDeps = { db: Db; channelTo: ChannelTo; installation: string; everySeconds: number }

const AT_ONCE = 16

/** Probes the boxes whose time has come, and returns how many. Any number of workers share them out. */
export async function probeDueBoxes(deps: ProbeDeps): Promise<number> {
  const { db, everySeconds } = deps
  const { rows } = await sql<{ id: BoxId }>`
    with due as (
      select id from boxes where probed_at is null or probed_at <= now() - ${everySeconds} * interval '1 second'
      order by probed_at nulls first limit ${AT_ONCE} for update skip locked)
    update boxes b set probed_at = now() from due where b.id = due.id returning b.id`.execute(db)
  await Promise.all(rows.map(({ id }) => probeBox(deps, id)))
  return rows.length
}

async function probeBox({ db, channelTo, installation }: ProbeDeps, boxId: BoxId): Promise<void> {
  const channel = await channelTo(boxId)
  const facts = await channel.probe()
  if ('kind' in facts) {
    const detail = facts.kind === 'locked' ? facts.holder : facts.detail
    await recordProbe(db, boxId, { online: false, detail: `${facts.kind}: ${detail}` })
    return
  }
  const ours = facts.lockHolder?.startsWith(`stout:${installation}:`) ?? false
  await recordProbe(db, boxId, { online: true, ...facts, lockHolder: ours ? null : facts.lockHolder })
}
