import { sql, type Transaction } from 'kysely'
import type { Database } from '../../db/schema'
import type { OrgId } from '../ids'
import type { JobState } from '../jobs/state'

/** What happened to a subject. `seq` is gapless per subject; its writer holds the subject's row lock. */
export type NewEvent = {
  subject: string
  seq: number
  orgId: OrgId
  type: string
  state?: JobState | null
  /** Who caused it: `user:…`, `token:…`, `box:…`, `sweep:…` or `placement`. */
  actor: string
  attempt?: number | null
  data?: Record<string, unknown>
}

/** Channel on which writers of events wake the relays of all workers. */
export const OUTBOX_CHANNEL = 'stout_outbox'

/** Writes events and their outbox rows, and wakes the relays once the caller's transaction commits. */
export async function recordEvents(tx: Transaction<Database>, events: NewEvent[]): Promise<void> {
  if (events.length === 0) return
  const rows = events.map(({ state = null, attempt = null, data = {}, ...rest }) => ({
    ...rest,
    state,
    attempt,
    data: JSON.stringify(data),
  }))
  await tx
    .with('recorded', (qb) => qb.insertInto('events').values(rows).returning(['subject', 'seq']))
    .with('sent', (qb) =>
      qb
        .insertInto('outbox')
        .columns(['subject', 'seq'])
        .expression((eb) => eb.selectFrom('recorded').select(['subject', 'seq'])),
    )
    .selectNoFrom(sql`pg_notify(${OUTBOX_CHANNEL}, '')`.as('woken'))
    .execute()
}
