import { sql } from 'kysely'
import type { Db } from '../../db/client'
import type { Ctx } from '../context'
import type { JobId } from '../ids'
import {
  all,
  type Condition,
  conditionsOf,
  hasWord,
  isInIndex,
  type JobFilter,
  likeWord,
  type Word,
  walkOf,
  wordsOf,
} from './job-filter'

/** How far one search goes. Each statement stays below 100 ms among a million jobs, whatever is looked for (bench/plans.ts). */
export type Reach = {
  /** Jobs that the first statement of a walk looks at: what is common stands among them. */
  firstJobs: number
  /** Jobs that each later one looks at. */
  windowJobs: number
  /** Windows of a page; where they end, the page ends, and the next one goes on there. */
  windows: number
  /** The index of texts is given up after this: then what is looked for is common, and a walk does better. */
  indexMs: number
}
const REACH: Reach = { firstJobs: 250, windowJobs: 2_000, windows: 10, indexMs: 90 }
/** By then a walk has looked at enough of them to say that what is looked for is rare: the index is asked for the rest. */
const ENOUGH_WINDOWS = 2

/** A word that so many boxes have in their name says little. */
const MOST_BOXES = 20
const STATEMENT_TIMED_OUT = '57014'

/**
 * Ids of the newest jobs that the filter means, after `cursor`. What is common stands among the newest jobs, so a walk from the newest on
 * finds it at once; what is rare, the index of texts finds. Where neither does, the walk ends somewhere: a page may have fewer jobs than asked
 * for, or none, and still be followed by another.
 */
export async function findJobs(
  { db, orgId }: Pick<Ctx, 'db' | 'orgId'>,
  filter: JobFilter,
  { cursor, limit }: { cursor?: JobId | undefined; limit: number },
  { firstJobs, windowJobs, windows, indexMs }: Reach = REACH,
): Promise<{ ids: JobId[]; nextCursor: JobId | null }> {
  const words = await wordsWithBoxes({ db, orgId }, filter.text)
  const walked = sql<boolean>`org_id = ${orgId} and ${walkOf(filter)}`
  const wanted = all([...conditionsOf(filter), ...words.map(hasWord)])
  const useIndex = isInIndex(filter, words) && words.every(({ boxIds }) => boxIds.length <= MOST_BOXES)
  const ids: JobId[] = []
  let before = cursor
  for (let window = 1; window <= windows; window++) {
    const jobs = window === 1 ? firstJobs : windowJobs
    const found = await walk(db, { walked, wanted }, before, jobs, limit + 1 - ids.length)
    ids.push(...found.ids)
    if (ids.length > limit || found.looked < jobs) return pageOf(ids, limit)
    before = found.reached
    if (window !== ENOUGH_WINDOWS || !useIndex) continue
    const rest = await byIndex(db, sql<boolean>`${walked} and ${wanted}`, before, limit + 1 - ids.length, indexMs)
    if (rest) return pageOf([...ids, ...rest], limit)
  }
  return { ids, nextCursor: before ?? null }
}

const pageOf = (ids: JobId[], limit: number) => ({
  ids: ids.slice(0, limit),
  nextCursor: ids.length > limit ? (ids[limit - 1] ?? null) : null,
})

/** Looks at the next `jobs` of those that are walked through. */
async function walk(
  db: Db,
  { walked, wanted }: { walked: Condition; wanted: Condition },
  before: JobId | undefined,
  jobs: number,
  limit: number,
): Promise<{ ids: JobId[]; looked: number; reached: JobId }> {
  const { rows } = await sql<{ ids: JobId[]; looked: number; reached: JobId }>`
    with seen as materialized (
      select id, ${wanted} as hit from jobs where ${walked} and ${isBefore(before)} order by id desc limit ${jobs}
    )
    select array(select id from seen where hit order by id desc limit ${limit}) as ids,
      (select count(*)::int from seen) as looked, (select min(id) from seen) as reached`.execute(db)
  return rows[0] ?? { ids: [], looked: 0, reached: before as JobId }
}

/** All that is left, by the index of texts; undefined when that takes too long. */
async function byIndex(
  db: Db,
  where: Condition,
  before: JobId,
  limit: number,
  timeoutMs: number,
): Promise<JobId[] | undefined> {
  try {
    return await db.transaction().execute(async (tx) => {
      await sql`select set_config('statement_timeout', ${String(timeoutMs)}, true)`.execute(tx)
      // ordered by what no index gives: else the planner may walk, in the hope that it meets enough of them soon
      const { rows } = await sql<{ id: JobId }>`
        select id from jobs where ${where} and ${isBefore(before)} order by id || '' desc limit ${limit}`.execute(tx)
      return rows.map(({ id }) => id)
    })
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === STATEMENT_TIMED_OUT) return undefined
    throw error
  }
}

const isBefore = (id: JobId | undefined): Condition => (id === undefined ? sql`true` : sql`id < ${id}`)

/** The words that are looked for, each with the boxes that have it in their names. */
async function wordsWithBoxes({ db, orgId }: Pick<Ctx, 'db' | 'orgId'>, text: string | undefined): Promise<Word[]> {
  const words = wordsOf(text)
  if (words.length === 0) return []
  const { rows } = await sql<Word>`
    select word.text, array(select id from boxes where org_id = ${orgId} and name ilike word.pattern) as box_ids
    from unnest(${words}::text[], ${words.map(likeWord)}::text[]) as word (text, pattern)`.execute(db)
  return rows
}
