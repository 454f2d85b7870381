import { sql } from 'kysely'
import { outsideHolder } from '../../core/boxes/look-at-box'
import { recordProbe } from '../../core/boxes/record-probe'
import type { ChannelTo } from '../../core/channels/open-channel'
import type { BoxId } from '../../core/ids'
import type { Db } from '../../db/client'

export type ProbeDeps = { db: Db; channelTo: ChannelTo; installation: string; everySeconds: number }

const AT_ONCE = 16

/** Probes the boxes whose time has come, and returns how many. Any number of workers share them out. */
export async function probeDueBoxes(deps: ProbeDeps): Promise<number> {
  const { rows } = await sql<{ id: BoxId }>`
    with due as (
      select id from boxes where next_probe_at <= now() and removed_at is null
      order by next_probe_at limit ${AT_ONCE} for update skip locked)
    update boxes b set next_probe_at = now() + ${withJitter(deps.everySeconds)}
    from due where b.id = due.id returning b.id`.execute(deps.db)
  await Promise.all(rows.map(({ id }) => probeBox(deps, id)))
  return rows.length
}

async function probeBox({ db, channelTo, installation }: ProbeDeps, boxId: BoxId): Promise<void> {
  const channel = await channelTo(boxId)
  const facts = await channel.probe()
  if ('kind' in facts) {
    const { kind } = facts
    await recordProbe(db, boxId, { online: false, kind, detail: kind === 'locked' ? facts.holder : facts.detail })
    return
  }
  await recordProbe(db, boxId, { online: true, ...facts, lockHolder: outsideHolder(facts, installation) })
}

/** An interval of this many seconds, up to a tenth longer or shorter for each row: boxes added together drift apart. */
export function withJitter(seconds: number) {
  return sql`${seconds} * (0.9 + 0.2 * random()) * interval '1 second'`
}
