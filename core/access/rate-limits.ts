import { sql } from 'kysely'
import type { Db } from '../../db/client'
import { DomainError } from '../errors'

/** So many at once, and then one more each `everySeconds`. */
export type Limit = { burst: number; everySeconds: number }

/**
 * Counts one try against a limit, for all processes on this database.
 * @throws DomainError `limit` with `retryAfterSeconds` when there were too many; this one is not counted then
 */
export async function take(db: Db, key: string, { burst, everySeconds }: Limit): Promise<void> {
  const every = seconds(everySeconds)
  const full = seconds((burst - 1) * everySeconds)
  const { rows } = await sql<{ taken: boolean; waitSeconds: number | null }>`
    with taken as (
      insert into rate_limits (key, busy_until) values (${key}, now() + ${every})
      on conflict (key) do update set busy_until = greatest(rate_limits.busy_until, now()) + ${every}
        where rate_limits.busy_until <= now() + ${full}
      returning 1
    )
    select exists (select from taken) as taken,
      (select ceil(extract(epoch from busy_until - now() - ${full}))::int from rate_limits where key = ${key}) as wait_seconds`.execute(
    db,
  )
  if (rows[0]?.taken) return
  const retryAfterSeconds = Math.max(1, rows[0]?.waitSeconds ?? 1)
  throw new DomainError('limit', `Too many tries. Try again in ${retryAfterSeconds} s.`, { retryAfterSeconds })
}

const seconds = (count: number) => sql`${count}::int * interval '1 second'`

/** A try that was none after all. */
export async function giveBack(db: Db, key: string, { everySeconds }: Limit): Promise<void> {
  await sql`update rate_limits set busy_until = busy_until - ${seconds(everySeconds)} where key = ${key}`.execute(db)
}

/** Forgets what is paid off. @returns how many */
export async function dropOldLimits(db: Db): Promise<number> {
  const { numAffectedRows } = await sql`delete from rate_limits where busy_until < now()`.execute(db)
  return Number(numAffectedRows ?? 0)
}
