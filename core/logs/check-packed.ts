import { createHash } from 'node:crypto'
import { GetObjectCommand } from '@aws-sdk/client-s3'
import type { Store } from '../store/store'
import type { PackedIndex } from './packed-index'
import { endOf, sha256 } from './packed-object'
import { recordEnd, unpackRecords } from './records'

/**
 * Reads a packed log back, block by block, before its chunks may go: every block is what was sent and holds the lines that the
 * index says, the records are together what the chunks held (by SHA-256), and the object ends with its index.
 * @throws Error saying where it differs
 */
export async function checkPacked(
  { client, bucket }: Pick<Store, 'client' | 'bucket'>,
  key: string,
  index: PackedIndex,
  signal: AbortSignal,
): Promise<void> {
  const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }), { abortSignal: signal })
  const object = new Pieces((Body ?? []) as AsyncIterable<Uint8Array>)
  const records = createHash('sha256')
  await object.take(index.entry(0).offset)
  for (let i = 0; i < index.count; i++) {
    const { firstN, lastN, length, sha256: expected } = index.entry(i)
    const bytes = await object.take(length)
    if (!sha256(bytes).equals(expected)) throw differs(`its lines ${firstN} to ${lastN}`)
    const unpacked = unpackRecords(bytes)
    if (countRecords(unpacked) !== lastN - firstN + 1) throw differs(`the number of its lines from ${firstN} on`)
    records.update(unpacked)
  }
  if (!records.digest().equals(index.sha256)) throw differs('its lines as a whole')
  const end = endOf(index)
  if (!(await object.take(end.length)).equals(end) || !(await object.isOver())) throw differs('its end')
}

const differs = (what: string) => new Error(`The packed log in the store is not what was sent: ${what}`)

function countRecords(records: Buffer): number {
  let count = 0
  for (let offset = 0; offset < records.length; count++) offset = recordEnd(records, offset)
  return count
}

/** Takes exact lengths out of a stream of pieces. */
class Pieces {
  readonly #pieces: AsyncIterator<Uint8Array>
  #rest: Buffer = Buffer.alloc(0)

  constructor(pieces: AsyncIterable<Uint8Array>) {
    this.#pieces = pieces[Symbol.asyncIterator]()
  }

  async take(length: number): Promise<Buffer> {
    const held = [this.#rest]
    let size = this.#rest.length
    while (size < length) {
      const { done, value } = await this.#pieces.next()
      if (done) throw differs('it ends too early')
      held.push(Buffer.from(value.buffer, value.byteOffset, value.byteLength))
      size += value.byteLength
    }
    const all = Buffer.concat(held)
    this.#rest = all.subarray(length)
    return all.subarray(0, length)
  }

  async isOver(): Promise<boolean> {
    return this.#rest.length === 0 && (await this.#pieces.next()).done === true
  }
}
