import { sql } from 'kysely'
import type { Db } from '../db/client'
import type { Event } from '../db/schema'

/** Sends one batch of committed events on. Must be safe to repeat: an effect is a nudge, and whoever gets it reads the row. */
export type Deliver = (events: Event[]) => Promise<void>

/** A taken batch belongs to its taker for this long; a taker that dies leaves it to the next. */
const TAKEN_SECONDS = 10

/**
 * Sends committed events on, at least once, and returns how many it took. Any number of workers may run it at once. Order is
 * not promised. What cannot be delivered is taken again later, with back-off, and holds up no other.
 */
export async function relayBatch(db: Db, deliver: Deliver, limit = 500): Promise<number> {
  const taken = await takeOutbox(db, limit)
  if (taken.length === 0) return 0
  await deliver(taken)
  await db
    .deleteFrom('outbox')
    .where((eb) =>
      eb(
        eb.refTuple('subject', 'seq'),
        'in',
        taken.map(({ subject, seq }) => eb.tuple(subject, seq)),
      ),
    )
    .execute()
  return taken.length
}

async function takeOutbox(db: Db, limit: number): Promise<Event[]> {
  const { rows } = await sql<Event>`
    with due as (
      select ctid from outbox where coalesce(taken_until, '-infinity') < now()
      order by coalesce(taken_until, '-infinity') limit ${limit} for update skip locked),
    taken as (
      update outbox o set tries = o.tries + 1,
        taken_until = now() + ${TAKEN_SECONDS} * least(power(2, o.tries), 60) * interval '1 second'
      where o.ctid = any (array(select ctid from due))
      returning o.subject, o.seq)
    select e.* from events e join taken t on e.subject = t.subject and e.seq = t.seq
    order by e.at, e.seq`.execute(db)
  return rows
}
