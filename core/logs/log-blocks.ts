import { sql } from 'kysely'
import type { Db } from '../../db/client'
import type { AttemptRef } from '../attempts/tokens'
import type { PackedLogs } from './packed-logs'
import { type LogBlock, unpackRecords } from './records'

/** Where logs are read: chunks from the database, packed ones from the object store. */
export type LogSource = { db: Db; packedLogs: PackedLogs }

type Chunk = { firstN: number; lastN: number; data: Buffer }

const CHUNKS_A_READ = 64
/** Of records; more only where a single chunk is larger. */
const BYTES_A_READ = 4_000_000

/**
 * The records of an attempt from line `fromN` on, wherever they lie; ends at the end of what was there when it got there. A
 * block may begin with lines that came before: the first one does, and the one where a log that is packed meanwhile is read on.
 * @throws DomainError `unavailable` when the log is packed and the store does not answer
 */
export async function* logBlocks(
  { db, packedLogs }: LogSource,
  ref: AttemptRef,
  fromN: number,
): AsyncGenerator<LogBlock> {
  for (let next = Math.max(1, fromN); ; ) {
    const { packedKey, lastN, chunks } = await look(db, ref, next)
    if (packedKey !== null) return yield* packedLogs.blocks(db, ref, packedKey, next)
    for (const chunk of chunks) {
      yield unpack(chunk)
      next = chunk.lastN + 1
    }
    if (next > lastN) return
    if (chunks.length === 0) throw new Error(`Line ${next} of ${ref.jobId}/${ref.attempt} is missing in the database`)
  }
}

/** The records of a log that is not packed yet, from its first line on. @throws Error when it was packed meanwhile */
export async function* unpackedBlocks(db: Db, ref: AttemptRef): AsyncGenerator<LogBlock> {
  for (let next = 1; ; ) {
    const { packedKey, lastN, chunks } = await look(db, ref, next)
    if (packedKey !== null) throw new Error('The log was packed meanwhile')
    for (const chunk of chunks) yield unpack(chunk)
    next = (chunks.at(-1)?.lastN ?? lastN) + 1
    if (next > lastN) return
  }
}

const unpack = ({ firstN, lastN, data }: Chunk): LogBlock => ({ firstN, lastN, records: unpackRecords(data) })

/**
 * Where the log lies and, when that is here, the chunk that holds line `n` and some after it. One statement, hence one
 * moment: chunks are never seen half gone.
 */
async function look(
  db: Db,
  { jobId, attempt }: AttemptRef,
  n: number,
): Promise<{ packedKey: string | null; lastN: number; chunks: Chunk[] }> {
  const { rows } = await sql<{ packedKey: string | null; logLastN: number } & { [K in keyof Chunk]: Chunk[K] | null }>`
    select h.packed_key, h.last_n as log_last_n, c.first_n, c.last_n, c.data
    from log_heads h left join lateral (
      select first_n, last_n, data
      from (
        select first_n, last_n, data, sum(size_bytes) over (order by first_n) - size_bytes as bytes_before
        from (
          select first_n, last_n, data, size_bytes from log_chunks
          where h.packed_key is null and job_id = ${jobId} and attempt = ${attempt} and last_n >= ${n}
            and first_n >= coalesce(
              (select max(first_n) from log_chunks where job_id = ${jobId} and attempt = ${attempt} and first_n <= ${n}), 1)
          order by first_n limit ${CHUNKS_A_READ}) few
      ) counted
      where bytes_before < ${BYTES_A_READ}
    ) c on true
    where h.job_id = ${jobId} and h.attempt = ${attempt}
    order by c.first_n`.execute(db)
  const chunks = rows.flatMap(({ firstN, lastN, data }) =>
    firstN === null || lastN === null || data === null ? [] : [{ firstN, lastN, data }],
  )
  return { packedKey: rows[0]?.packedKey ?? null, lastN: rows[0]?.logLastN ?? 0, chunks }
}
