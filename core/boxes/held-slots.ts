import { type RawBuilder, sql, type Transaction } from 'kysely'
import type { Db } from '../../db/client'
import type { Database } from '../../db/schema'
import { CONTACT_SECONDS, PRESENCE_GAP_SECONDS } from '../attempts/presence'
import type { BoxId, JobId, OrgId } from '../ids'
import type { JobState } from '../jobs/state'

export const HOLDS = ['reserved', 'working', 'ending', 'out_of_contact'] as const
/**
 * Why a slot is held. `working`: its job is on the way. `ending`: the job is over, and its supervisor, which is in contact, ends
 * what is left. `out_of_contact`: nobody knows what its supervisor does.
 */
export type Hold = (typeof HOLDS)[number]

/** Beyond the job's own grace, a supervisor has so long to end what is left before people may call it stuck. */
const ENDING_SECONDS = 60

/** A slot of a box that is held, and why. */
export type HeldSlot = {
  boxId: BoxId
  slot: number
  jobId: JobId | null
  attempt: number | null
  acquiredAt: Date
  jobName: string | null
  jobState: JobState | null
  lastHeardAt: Date | null
  hold: Hold
  /** Whether a manager may free it by hand: nobody can tell when it will be free by itself. */
  releasable: boolean
}

/**
 * The slots of boxes that are held, by number. Contact counts as silence does (find-silent.ts): from the moment that the box API
 * began to listen, and while by its own record it does not listen, nobody is out of contact.
 */
export async function heldSlots(
  db: Db | Transaction<Database>,
  boxIds: readonly BoxId[],
  contactSeconds = CONTACT_SECONDS,
): Promise<HeldSlot[]> {
  const { rows } = await slotsOf(sql`l.box_id = any(${boxIds})`, contactSeconds).execute(db)
  return rows.map(({ orgId: _, ...slot }) => slot)
}

/**
 * The slots whose job is not simply on its way, of all organisations: what people are told of them (the hold, whether they may free
 * it) changes by time alone, without an event.
 */
export async function slotsHeldUp(
  db: Db,
): Promise<Pick<OrgSlot, 'orgId' | 'boxId' | 'slot' | 'hold' | 'releasable'>[]> {
  const { rows } = await slotsOf(sql`l.job_id is not null`, CONTACT_SECONDS).execute(db)
  return rows
    .filter(({ hold, releasable }) => hold !== 'working' || releasable)
    .map(({ orgId, boxId, slot, hold, releasable }) => ({ orgId, boxId, slot, hold, releasable }))
}

type OrgSlot = HeldSlot & { orgId: OrgId }

function slotsOf(which: RawBuilder<unknown>, contactSeconds: number): RawBuilder<OrgSlot> {
  return sql<OrgSlot>`
    select l.org_id, l.box_id, l.slot, l.job_id, l.attempt, l.acquired_at, j.name as job_name, j.state as job_state, h.last_heard_at,
      case when l.job_id is null then 'reserved' when silent then 'out_of_contact'
        when j.finished_at is null then 'working' else 'ending' end as hold,
      silent or coalesce(j.finished_at + (j.grace_seconds + ${ENDING_SECONDS}) * interval '1 second' <= now(), false)
        as releasable
    from leases l
    left join jobs j on j.id = l.job_id
    left join attempts a on a.job_id = l.job_id and a.attempt = l.attempt
    left join log_heads h on h.job_id = l.job_id and h.attempt = l.attempt
    left join box_api_presence p on true
    cross join lateral (select coalesce(a.phase in ('claimed', 'exited')
      and p.last_beat_at > now() - ${PRESENCE_GAP_SECONDS} * interval '1 second'
      and greatest(case when h.last_heard_at <= now() then h.last_heard_at end, p.listening_since_at)
        <= now() - ${contactSeconds} * interval '1 second', false) as silent) as contact
    where ${which}
    order by l.box_id, l.slot`
}
