import { sql } from 'kysely'
import type { Db } from '../../db/client'
import { DomainError } from '../errors'
import type { JobId } from '../ids'

/** How a call ended: `ok`, or the code of the failure that its caller can act on. Anything else is a bug and is thrown. */
export async function outcome(call: Promise<unknown>): Promise<string> {
  try {
    await call
    return 'ok'
  } catch (error) {
    if (error instanceof DomainError) return error.code
    throw error
  }
}

/**
 * Lets two calls meet at the row of a job: it is held until both have come to wait for it (or have ended without it), one after the
 * other, and is then let go. So the first goes first, and the second has read what stood there before the first had done anything.
 */
export async function meetAt(
  db: Db,
  jobId: JobId,
  first: () => Promise<unknown>,
  second: () => Promise<unknown>,
): Promise<[string, string]> {
  const gate = await db.startTransaction().execute()
  await gate.selectFrom('jobs').select('id').where('id', '=', jobId).forUpdate().execute()
  const one = begin(first)
  await standsStill(gate, [one])
  const two = begin(second)
  await standsStill(gate, [one, two])
  await gate.commit().execute()
  return [await one.outcome, await two.outcome]
}

type Begun = { outcome: Promise<string>; ended: boolean }

function begin(call: () => Promise<unknown>): Begun {
  const begun: Begun = { outcome: outcome(call()), ended: false }
  begun.outcome.then(
    () => (begun.ended = true),
    () => (begun.ended = true),
  )
  return begun
}

/** Resolves once each of the calls waits for a lock or has ended. Asks by the session that holds the lock, which is so never idle. */
async function standsStill(gate: Db, calls: Begun[]): Promise<void> {
  for (;;) {
    await sql`select pg_stat_clear_snapshot()`.execute(gate) // else a transaction sees what it saw first
    const { rows } = await sql<{ waiting: number }>`
      select count(*)::int as waiting from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`.execute(gate)
    if ((rows[0]?.waiting ?? 0) >= calls.filter(({ ended }) => !ended).length) return
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
