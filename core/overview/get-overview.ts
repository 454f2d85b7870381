import { sql } from 'kysely'
import { z } from 'zod'
import type { Ctx } from '../context'
import type { JobId } from '../ids'
import { jobRows, jobViewSchema, toJobView } from '../jobs/job-view'
import { isTerminal, JOB_STATES, ON_BOX_STATES, WAITING_STATES } from '../jobs/state'

/** Rows of each list, at most; the whole lists stand on the page of jobs. */
const ROWS = 10

export const overviewSchema = z.object({
  fleet: z.object({
    boxes: z.number().int(),
    online: z.number().int(),
    offline: z.number().int(),
    unknown: z.number().int(),
    draining: z.number().int(),
    /** Online, and kept from jobs by what was found there: another box, no way to Stout, somebody's lock. */
    troubled: z.number().int(),
    slots: z.number().int(),
    takenSlots: z.number().int(),
  }),
  live: z.array(z.object({ state: z.enum(JOB_STATES), jobs: z.number().int() })),
  /** Waiting jobs by queue key, deepest first. */
  queue: z.array(z.object({ key: z.string(), jobs: z.number().int(), oldestAt: z.iso.datetime() })),
  queueKeys: z.number().int(),
  running: z.array(jobViewSchema),
  ended: z.array(jobViewSchema),
})
export type Overview = z.infer<typeof overviewSchema>

/** How the organisation's fleet and its jobs stand now: boxes and slots, queues, what runs, and what ended last. */
export async function getOverview(ctx: Ctx, publicUrl: string): Promise<Overview> {
  const [fleet, live, queues, running, ended] = await Promise.all([
    fleetNow(ctx),
    liveNow(ctx),
    queuesNow(ctx),
    newestOnBoxes(ctx),
    lastEnded(ctx),
  ])
  const ids = [...running, ...ended]
  const rows = ids.length === 0 ? [] : await jobRows(ctx.db, ctx.orgId).where('jobs.id', 'in', ids).execute()
  const views = new Map(rows.map((row) => [row.id, toJobView(row, publicUrl)]))
  const viewsOf = (some: JobId[]) => some.flatMap((id) => views.get(id) ?? [])
  return {
    ...{ fleet, live, ...queues },
    // a job may have ended between the two looks
    running: viewsOf(running).filter(({ state }) => !isTerminal(state)),
    ended: viewsOf(ended),
  }
}

async function fleetNow({ db, orgId }: Ctx): Promise<Overview['fleet']> {
  const { rows } = await sql<Overview['fleet']>`
    select count(*)::int as boxes, count(*) filter (where status = 'online')::int as online,
      count(*) filter (where status = 'offline')::int as offline, count(*) filter (where status = 'unknown')::int as unknown,
      count(*) filter (where draining)::int as draining,
      count(*) filter (where status = 'online'
        and (identity_mismatch_at is not null or not can_call_back or lock_holder is not null))::int as troubled,
      coalesce(sum(slots), 0)::int as slots,
      (select count(*)::int from leases where org_id = ${orgId}) as taken_slots
    from boxes where org_id = ${orgId} and removed_at is null`.execute(db)
  return rows[0] as Overview['fleet']
}

async function liveNow({ db, orgId }: Ctx): Promise<Overview['live']> {
  const { rows } = await sql<Overview['live'][number]>`
    select state, count(*)::int as jobs from jobs
    where org_id = ${orgId} and state in (${sql.join([...WAITING_STATES, ...ON_BOX_STATES].map((state) => sql.lit(state)))})
    group by state`.execute(db)
  return rows
}

async function queuesNow({ db, orgId }: Ctx): Promise<Pick<Overview, 'queue' | 'queueKeys'>> {
  const { rows } = await sql<{ key: string; jobs: number; oldest: Date; keys: number }>`
    select queue_key as key, count(*)::int as jobs, min(created_at) as oldest, count(*) over ()::int as keys from jobs
    where org_id = ${orgId} and state in (${sql.join(WAITING_STATES.map((state) => sql.lit(state)))})
    group by queue_key order by count(*) desc, queue_key limit ${ROWS}`.execute(db)
  const queue = rows.map(({ key, jobs, oldest }) => ({ key, jobs, oldestAt: oldest.toISOString() }))
  return { queue, queueKeys: rows[0]?.keys ?? 0 }
}

async function newestOnBoxes({ db, orgId }: Ctx): Promise<JobId[]> {
  const { rows } = await sql<{ id: JobId }>`
    select id from jobs
    where org_id = ${orgId} and state in (${sql.join(ON_BOX_STATES.map((state) => sql.lit(state)))})
    order by id desc limit ${ROWS}`.execute(db)
  return rows.map(({ id }) => id)
}

async function lastEnded({ db, orgId }: Ctx): Promise<JobId[]> {
  const { rows } = await sql<{ id: JobId }>`
    select id from jobs where org_id = ${orgId} and finished_at is not null
    order by finished_at desc limit ${ROWS}`.execute(db)
  return rows.map(({ id }) => id)
}
