import { zstdDecompressSync } from 'node:zlib'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { anyBatches } from '../testing/logs'
import { PackedIndex } from './packed-index'
import { PackedWriter, recut } from './packed-object'
import { type LogBatch, type LogBlock, recordEnd } from './records'

async function* blocksOf(batches: LogBatch[]): AsyncGenerator<LogBlock> {
  for (const { firstN, count, records } of batches) yield { firstN, lastN: firstN + count - 1, records }
}

async function pack(batches: LogBatch[], blockBytes: number): Promise<Buffer> {
  const writer = new PackedWriter()
  const pieces = [writer.begin('job_x/1')]
  for await (const block of recut(blocksOf(batches), blockBytes)) pieces.push(await writer.add(block))
  return Buffer.concat([...pieces, writer.end()])
}

/** The index, found by nothing but the object. */
function indexOf(object: Buffer): PackedIndex {
  expect(object.toString('latin1', object.length - 8)).toBe('STOUTEND')
  const end = object.length - 12
  return new PackedIndex(object.subarray(end - object.readUInt32BE(end), end))
}

/** The bytes of each record, in order. */
function split(records: Buffer): string[] {
  const all: string[] = []
  for (let at = 0; at < records.length; ) {
    const end = recordEnd(records, at)
    all.push(records.toString('base64', at, end))
    at = end
  }
  return all
}

test('whatever the records and however they were cut, an object gives each of them back by its number alone', async () => {
  const sizes = fc.constantFrom(1, 100, 4_096, 262_144)
  await fc.assert(
    fc.asyncProperty(anyBatches, sizes, async (batches, blockBytes) => {
      const object = await pack(batches, blockBytes)
      const index = indexOf(object)
      const expected = split(Buffer.concat(batches.map(({ records }) => records)))
      expect(index.lastN).toBe(expected.length)
      for (let n = 1; n <= expected.length; n++) {
        const { firstN, lastN, offset, length, recordBytes } = index.entry(index.find(n))
        expect(n >= firstN && n <= lastN, `${firstN} <= ${n} <= ${lastN}`).toBe(true)
        const records = zstdDecompressSync(object.subarray(offset, offset + length))
        expect(records.length).toBe(recordBytes)
        expect(split(records)[n - firstN] === expected[n - 1], `line ${n}`).toBe(true)
      }
      expect(index.find(expected.length + 1)).toBe(index.count)
    }),
    { numRuns: 25 },
  )
})

test('blocks that do not follow each other, or hold other lines than they say, are not packed', async () => {
  const batches = [...fc.sample(anyBatches, { numRuns: 1, seed: 7 })].flat()
  const last = batches.at(-1) as LogBatch
  const after = last.firstN + last.count
  const packing = (more: LogBatch) => pack([...batches, more], 4_096)
  await expect(packing({ ...last, firstN: after + 1 })).rejects.toThrow(`Line ${after} is missing`)
  await expect(packing({ ...last, firstN: after, count: last.count + 1 })).rejects.toThrow('end at')
  const cutOff = last.records.subarray(0, last.records.length - 1)
  await expect(packing({ ...last, firstN: after, records: cutOff })).rejects.toThrow('cut off')
})
