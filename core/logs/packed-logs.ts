import { GetObjectCommand } from '@aws-sdk/client-s3'
import { LRUCache } from 'lru-cache'
import type { Db } from '../../db/client'
import type { AttemptRef } from '../attempts/tokens'
import { DomainError } from '../errors'
import type { Store } from '../store/store'
import { type IndexEntry, PackedIndex } from './packed-index'
import { sha256 } from './packed-object'
import { type LogBlock, unpackRecords } from './records'

const CACHE_BYTES = 32 * 1024 * 1024
/** Blocks that are asked for beforehand once somebody reads from one into the next. */
const READ_AHEAD = 2
const ANSWER_MS = 15_000

/**
 * Reads packed logs: one request to the store for each block. Objects never change, so blocks and indexes are remembered for a
 * while, whoever reads them: neighbours are read in sequence, and many people look at the same log.
 */
export class PackedLogs {
  readonly #remembered = new LRUCache<string, Buffer, () => Promise<Buffer>>({
    maxSize: CACHE_BYTES,
    sizeCalculation: (bytes) => bytes.length,
    fetchMethod: (_key, _stale, { context }) => context(),
    ignoreFetchAbort: true,
  })

  constructor(
    private readonly store: Pick<Store, 'client' | 'bucket'>,
    private readonly answerMs = ANSWER_MS,
  ) {}

  /** The blocks of a packed log from the one that holds line `fromN` on. @throws DomainError `unavailable` */
  async *blocks(db: Db, ref: AttemptRef, key: string, fromN: number): AsyncGenerator<LogBlock> {
    const index = new PackedIndex(await this.#remember(`${key} index`, () => packedIndex(db, ref)))
    const first = index.find(fromN)
    for (let i = first; i < index.count; i++) {
      const { firstN, lastN } = index.entry(i)
      const records = this.#block(key, index, i)
      for (let ahead = i + 1; i > first && ahead <= i + READ_AHEAD && ahead < index.count; ahead++)
        this.#block(key, index, ahead).catch(() => undefined) // whoever needs it asks again
      yield { firstN, lastN, records: await records }
    }
  }

  #block(key: string, index: PackedIndex, i: number): Promise<Buffer> {
    return this.#remember(`${key} ${i}`, () => this.#fetch(key, index.entry(i)))
  }

  /** What `load` gives; asked once for all who want it at the same time, and again after a failure. */
  async #remember(key: string, load: () => Promise<Buffer>): Promise<Buffer> {
    return (await this.#remembered.fetch(key, { context: load })) ?? (await load())
  }

  async #fetch(key: string, { offset, length, sha256: expected }: IndexEntry): Promise<Buffer> {
    const command = new GetObjectCommand({
      Bucket: this.store.bucket,
      Key: key,
      Range: `bytes=${offset}-${offset + length - 1}`,
    })
    const abortSignal = AbortSignal.timeout(this.answerMs)
    const bytes = await this.store.client
      .send(command, { abortSignal })
      .then(async ({ Body }) => Buffer.from((await Body?.transformToByteArray()) ?? []))
      .catch((error: unknown) => {
        throw away('This log lies in the object store, which does not answer as it should. Try again.', error)
      })
    if (!sha256(bytes).equals(expected))
      throw away('The object store answers with other bytes of this log than were put there.')
    return unpackRecords(bytes)
  }
}

async function packedIndex(db: Db, { jobId, attempt }: AttemptRef): Promise<Buffer> {
  const head = await db
    .selectFrom('logHeads')
    .select('packedIndex')
    .where('jobId', '=', jobId)
    .where('attempt', '=', attempt)
    .where('packedIndex', 'is not', null)
    .$narrowType<{ packedIndex: Buffer }>()
    .executeTakeFirst()
  if (!head) throw new DomainError('gone', 'This log was removed just now.')
  return head.packedIndex
}

/** Both may pass: the store comes back, or is restored. Its own words are for our log. */
function away(message: string, cause?: unknown): DomainError {
  return Object.assign(new DomainError('unavailable', message), { cause })
}
