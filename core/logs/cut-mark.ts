import type { Transaction } from 'kysely'
import type { Database } from '../../db/schema'
import type { AttemptRef } from '../attempts/tokens'
import { gapRecord, packRecords } from './records'

/** The one record that stands in a full log for everything that followed. */
export function cutMark(lines: number, sizeBytes: number): Buffer {
  return gapRecord(new Date(), { lines, sizeBytes, why: 'the log reached its limit; what follows was not kept' })
}

/** Counts in the mark of a log that was cut what came after it. Said once, when the log ends: until then it counts the first batch. */
export async function countCut(tx: Transaction<Database>, { jobId, attempt }: AttemptRef): Promise<void> {
  const head = await tx
    .selectFrom('logHeads')
    .select(['lastN', 'cutLines', 'cutBytes'])
    .where('jobId', '=', jobId)
    .where('attempt', '=', attempt)
    .where('cutLines', '>', 0)
    .executeTakeFirst()
  if (!head) return
  const mark = cutMark(head.cutLines, head.cutBytes)
  await tx
    .updateTable('logChunks')
    .set({ data: packRecords(mark), sizeBytes: mark.length })
    .where('jobId', '=', jobId)
    .where('attempt', '=', attempt)
    .where('firstN', '=', head.lastN)
    .execute()
}
