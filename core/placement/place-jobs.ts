import { sql, type Transaction } from 'kysely'
import type { Db } from '../../db/client'
import type { Database, WaitReason } from '../../db/schema'
import type { BoxId, JobId, OrgId } from '../ids'
import { transitionMany } from '../jobs/transition'
import { decide, type Placement } from './decide'
import { loadFleet } from './load-fleet'
import { loadWaiting } from './load-waiting'

/** The rest follows with the next pass. */
const WAITS_A_PASS = 1_000

export type PlacedAttempt = { jobId: JobId; attempt: number; boxId: BoxId }

/** Asks for a placement pass: whoever holds the pass goes on until it has done what was requested. */
export async function requestPlacement(db: Db, orgIds: OrgId[]): Promise<void> {
  if (orgIds.length === 0) return
  await db
    .updateTable('orgs')
    .set((eb) => ({ placementRequestedSeq: eb('placementRequestedSeq', '+', 1) }))
    .where('id', 'in', [...new Set(orgIds)].sort())
    .execute()
}

/** Organisations that asked for a pass which nobody has finished. */
export async function orgsToPlace(db: Db): Promise<OrgId[]> {
  const orgs = await db
    .selectFrom('orgs')
    .select('id')
    .whereRef('placementRequestedSeq', '>', 'placementDoneSeq')
    .execute()
  return orgs.map((org) => org.id)
}

/**
 * Places waiting jobs of an organisation on free boxes: passes, each one transaction under the organisation's advisory
 * lock, until done = requested. Returns at once when somebody else holds the pass: the holder looks again after its commit,
 * and a request is committed before its requester comes here, so none is overlooked.
 * @param onPass called after each commit with what it placed and how long the pass took; must not throw
 */
export async function placeJobs(
  db: Db,
  orgId: OrgId,
  onPass: (placed: PlacedAttempt[], tookMs: number) => void,
): Promise<void> {
  for (;;) {
    const began = performance.now()
    const pass = await db.transaction().execute((tx) => onePass(tx, orgId))
    if (pass === 'nothing_to_do' || pass === 'held_by_another') return
    onPass(pass, performance.now() - began)
  }
}

async function onePass(
  tx: Transaction<Database>,
  orgId: OrgId,
): Promise<PlacedAttempt[] | 'nothing_to_do' | 'held_by_another'> {
  const lock = await sql<{ held: boolean }>`
    select pg_try_advisory_xact_lock(hashtextextended(${`place:${orgId}`}, 0)) as held`.execute(tx)
  if (!lock.rows[0]?.held) return 'held_by_another'
  const org = await tx
    .selectFrom('orgs')
    .select(['placementRequestedSeq as requested', 'placementDoneSeq as done', sql<Date>`now()`.as('now')])
    .where('id', '=', orgId)
    .executeTakeFirst()
  if (!org || org.requested === org.done) return 'nothing_to_do'
  const boxes = await loadFleet(tx, orgId)
  const free = boxes.reduce((sum, box) => sum + box.freeSlots.length, 0)
  const jobs = await loadWaiting(tx, orgId, free + 1) // one more than can be placed says why the rest waits
  const onBoxes = await jobsOnBoxes(tx, orgId)
  const { placements, waits } = decide({ boxes, jobs, onBoxes, now: org.now })
  const placed = await leaseAndDispatch(tx, orgId, placements)
  await leaveWaiting(tx, orgId, [...waits.keys()])
  await writeWaitReasons(tx, orgId, waits)
  await tx.updateTable('orgs').set({ placementDoneSeq: org.requested }).where('id', '=', orgId).execute()
  return placed
}

async function jobsOnBoxes(tx: Transaction<Database>, orgId: OrgId): Promise<Map<string, number>> {
  const rows = await tx
    .selectFrom('leases')
    .innerJoin('jobs', 'jobs.id', 'leases.jobId')
    .select(['jobs.submittedBy', (eb) => eb.fn.countAll<number>().as('count')])
    .where('leases.orgId', '=', orgId)
    .groupBy('jobs.submittedBy')
    .execute()
  return new Map(rows.map((row) => [row.submittedBy, Number(row.count)]))
}

/** Moves the jobs to dispatching, each with a new attempt that holds a slot. A job that moved on meanwhile is left alone. */
async function leaseAndDispatch(
  tx: Transaction<Database>,
  orgId: OrgId,
  placements: Placement[],
): Promise<PlacedAttempt[]> {
  const boxOf = new Map(placements.map((placement) => [placement.jobId, placement]))
  const outcomes = await transitionMany(
    tx,
    placements.map(({ jobId, boxId, slot }) => ({
      jobId,
      type: 'place' as const,
      actor: 'placement',
      set: { boxId },
      data: { boxId, slot },
    })),
  )
  const placed = outcomes.flatMap((outcome) => {
    const placement = boxOf.get(outcome.jobId)
    return 'job' in outcome && placement ? [{ ...placement, attempt: outcome.job.attempt }] : []
  })
  if (placed.length === 0) return []
  await tx
    .insertInto('attempts')
    .values(placed.map(({ jobId, attempt, boxId }) => ({ jobId, attempt, boxId, orgId })))
    .execute()
  await tx
    .insertInto('leases')
    .values(placed.map((row) => ({ ...row, orgId })))
    .execute()
  return placed
}

/** Everything of a requirement key that has to wait leaves `queued`: if one can't fit, its siblings can't. */
async function leaveWaiting(tx: Transaction<Database>, orgId: OrgId, keys: string[]): Promise<void> {
  if (keys.length === 0) return
  const left = await tx
    .selectFrom('jobs')
    .select('id')
    .where('orgId', '=', orgId)
    .where('requirementKey', 'in', keys)
    .where('state', '=', 'queued')
    .limit(WAITS_A_PASS)
    .execute()
  await transitionMany(
    tx,
    left.map(({ id: jobId }) => ({ jobId, type: 'wait' as const, actor: 'placement' })),
  )
}

/** Keeps the reasons of each requirement key; a row is written only when they changed. */
async function writeWaitReasons(
  tx: Transaction<Database>,
  orgId: OrgId,
  waits: Map<string, WaitReason[]>,
): Promise<void> {
  if (waits.size === 0) return
  const rows = [...waits].map(([requirementKey, reasons]) => ({
    orgId,
    requirementKey,
    reasons: JSON.stringify(reasons),
  }))
  await tx
    .insertInto('waitReasons')
    .values(rows)
    .onConflict((oc) =>
      oc
        .columns(['orgId', 'requirementKey'])
        .doUpdateSet((eb) => ({ reasons: eb.ref('excluded.reasons'), changedAt: sql<Date>`now()` }))
        .where((eb) => eb('waitReasons.reasons', 'is distinct from', eb.ref('excluded.reasons'))),
    )
    .execute()
}
