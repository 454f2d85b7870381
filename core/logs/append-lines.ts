import { sql, type Transaction } from 'kysely'
import type { Db } from '../../db/client'
import type { Database } from '../../db/schema'
import type { AttemptRef } from '../attempts/tokens'
import { DomainError, NotFound } from '../errors'
import { cutMark } from './cut-mark'
import { dropLines, type LogBatch, packRecords } from './records'

/** Lines are missing before the ones that were sent. `expected` is the number to go on from. */
export class LogGap extends DomainError {
  constructor(readonly expected: number) {
    super('conflict', `Lines before these are missing: expected line ${expected}.`, { reason: 'log_gap', expected })
  }
}

export type LogLimits = { maxBytes: number; maxLines: number }
export type Arrival = AttemptRef & { batch: LogBatch }
/** `acked`: every line up to it is durable once the call returned. `lastN`: the last line that readers can see. */
export type Appended = { acked: number; lastN: number } | { refused: DomainError }

type Head = AttemptRef & {
  lastN: number
  ackedN: number
  sizeBytes: number
  cutLines: number
  cutBytes: number
  endedAt: Date | null
}
type Chunk = AttemptRef & { firstN: number; lastN: number; sizeBytes: number; data: Buffer }

/**
 * Makes the lines of many batches durable in one transaction (a group commit), whichever attempts they belong to. Each batch
 * has its own outcome: lines that are already there are dropped, a gap is refused, a closed attempt is refused.
 * It is also the sign of life of each attempt.
 */
export async function appendBatches(db: Db, arrivals: Arrival[], limits: LogLimits): Promise<Appended[]> {
  return await db.transaction().execute(async (tx) => {
    const heads = await lockHeads(tx, arrivals)
    const chunks: Chunk[] = []
    const outcomes = arrivals.map((arrival) => append(heads.get(keyOf(arrival)), arrival, limits, chunks))
    if (chunks.length > 0) await tx.insertInto('logChunks').values(chunks).execute()
    await writeHeads(tx, [...heads.values()])
    return outcomes
  })
}

const keyOf = ({ jobId, attempt }: AttemptRef) => `${jobId}/${attempt}`

async function lockHeads(tx: Transaction<Database>, arrivals: Arrival[]): Promise<Map<string, Head>> {
  const refs = JSON.stringify(arrivals.map(({ jobId, attempt }) => ({ job_id: jobId, attempt })))
  const { rows } = await sql<Head>`
    select h.job_id, h.attempt, h.last_n, h.acked_n, h.size_bytes, h.cut_lines, h.cut_bytes, h.ended_at
    from log_heads h
    where (h.job_id, h.attempt) in (select job_id, attempt from jsonb_to_recordset(${refs}::jsonb) as r (job_id text, attempt int))
    order by h.job_id, h.attempt
    for update`.execute(tx)
  return new Map(rows.map((head) => [keyOf(head), head]))
}

/** Adds one batch to its head and to the chunks to write. */
function append(head: Head | undefined, arrival: Arrival, limits: LogLimits, chunks: Chunk[]): Appended {
  if (!head) return { refused: new NotFound('claimed attempt', keyOf(arrival)) }
  if (head.endedAt !== null) return { refused: new DomainError('gone', `Attempt ${keyOf(arrival)} is closed.`) }
  if (arrival.batch.firstN > head.ackedN + 1) return { refused: new LogGap(head.ackedN + 1) }
  const fresh = dropLines(arrival.batch, head.ackedN + 1 - arrival.batch.firstN)
  if (fresh.count > 0) {
    const full =
      head.cutLines > 0 ||
      head.sizeBytes + fresh.records.length > limits.maxBytes ||
      head.lastN + fresh.count > limits.maxLines
    const kept = full ? cut(head, fresh) : fresh
    if (kept.count > 0) chunks.push(chunkOf(arrival, kept))
    head.ackedN += fresh.count
    head.lastN += kept.count
    head.sizeBytes += kept.records.length
  }
  return { acked: head.ackedN, lastN: head.lastN }
}

/** The log is full: one mark takes the place of everything that follows. The script runs on. */
function cut(head: Head, fresh: LogBatch): LogBatch {
  const first = head.cutLines === 0
  head.cutLines += fresh.count
  head.cutBytes += fresh.records.length
  const mark = first ? cutMark(fresh.count, fresh.records.length) : Buffer.alloc(0)
  return { firstN: head.lastN + 1, count: first ? 1 : 0, records: mark }
}

function chunkOf({ jobId, attempt }: AttemptRef, batch: LogBatch): Chunk {
  const { firstN, count, records } = batch
  return { jobId, attempt, firstN, lastN: firstN + count - 1, sizeBytes: records.length, data: packRecords(records) }
}

async function writeHeads(tx: Transaction<Database>, heads: Head[]): Promise<void> {
  if (heads.length === 0) return
  const rows = JSON.stringify(
    heads.map((head) => ({
      job_id: head.jobId,
      attempt: head.attempt,
      last_n: head.lastN,
      acked_n: head.ackedN,
      size_bytes: head.sizeBytes,
      cut_lines: head.cutLines,
      cut_bytes: head.cutBytes,
    })),
  )
  await sql`
    with new as (select * from jsonb_to_recordset(${rows}::jsonb) as r (job_id text, attempt int, last_n int, acked_n int,
      size_bytes bigint, cut_lines bigint, cut_bytes bigint))
    update log_heads h set last_n = new.last_n, acked_n = new.acked_n, size_bytes = new.size_bytes,
      cut_lines = new.cut_lines, cut_bytes = new.cut_bytes, last_heard_at = clock_timestamp()
    from new where h.job_id = new.job_id and h.attempt = new.attempt`.execute(tx)
}
