import { replaceEqualDeep } from '@tanstack/react-query'
import type { JobView } from '../../../../core/jobs/job-view'

/** Jobs of a list, newest first and without a gap, as far down as they were read: to `nextCursor`, or to the end when it is null. */
export type JobRows = { items: JobView[]; nextCursor: string | null }

/** Jobs that come after a cursor, as `jobs.list` answers. */
type Read = (after: string | undefined) => Promise<JobRows>

/**
 * The list once an answer has come: from `after` down to where the answer ends stands what the answer says, so that also jobs are gone
 * which the filter does not mean any more. What is as it was stays the same object, and needs not be drawn again.
 *
 * An answer from the newest on that ends above what is known would leave a gap: then it is all that is known. One that begins
 * below what is known came too late, and changes nothing.
 * @param after the cursor that was asked with; undefined: from the newest on
 */
export function mergeRows(known: JobRows, after: string | undefined, answer: JobRows): JobRows {
  if (after !== undefined && known.nextCursor !== null && after < known.nextCursor) return known
  const end = answer.nextCursor
  if (after === undefined && end !== null && end > topOf(known)) return answer
  const were = new Map(known.items.map((job) => [job.id, job]))
  const items = [
    ...(after === undefined ? [] : known.items.filter(({ id }) => id >= after)),
    ...answer.items.map((job) => replaceEqualDeep(were.get(job.id), job)),
    ...(end === null ? [] : known.items.filter(({ id }) => id < end)),
  ]
  const nextCursor = end === null || known.nextCursor === null ? null : lower(known.nextCursor, end)
  const isSame = items.length === known.items.length && items.every((job, index) => job === known.items[index])
  return isSame && nextCursor === known.nextCursor ? known : { items, nextCursor }
}

/**
 * Reads on until the answers reach `until`, or the end.
 * @param most of how many answers, at most
 */
export async function readDown(read: Read, after: string | undefined, until: string, most: number): Promise<JobRows> {
  const items: JobView[] = []
  let cursor = after
  for (let answers = 1; ; answers++) {
    const answer = await read(cursor)
    items.push(...answer.items)
    if (answer.nextCursor === null || answer.nextCursor <= until || answers === most) {
      return { items, nextCursor: answer.nextCursor }
    }
    cursor = answer.nextCursor
  }
}

/** The newest id from which on everything is known. Before the first job was found, that is where the search has come to. */
export function topOf({ items, nextCursor }: JobRows): string {
  return items[0]?.id ?? nextCursor ?? ''
}

const lower = (a: string, b: string) => (a < b ? a : b)
