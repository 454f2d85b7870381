import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { testDb } from '../../db/testing/database'
import { aStore } from '../../embedded/object-store/testing/store'
import type { AttemptRef } from '../attempts/tokens'
import type { Ctx } from '../context'
import { loadEnv } from '../env'
import { openStore, type Store } from '../store/store'
import { anOrg, someoneWaitsForALock } from '../testing/fixtures'
import { aClosedLog, anyBatches, shortLines } from '../testing/logs'
import { aWayTo, type Reaction } from '../testing/store-way'
import type { LogSource } from './log-blocks'
import { packLog } from './pack-log'
import { PackedLogs } from './packed-logs'
import { rawLog } from './raw-log'
import { readLines, readRecords } from './read-lines'
import { leaveLog, takeLogToPack } from './take-log-to-pack'

const NEEDED = {
  DATABASE_URL: 'postgres://nobody@127.0.0.1/none',
  STOUT_URL: 'http://stout.test',
  STOUT_BOX_URL: 'http://stout.test',
  STOUT_SECRET: 'a secret that is long enough for tests',
}
const NEVER = new AbortController().signal

/** A database and a store of their own, and an organisation. */
async function aPlace() {
  const stack = new AsyncDisposableStack()
  const { db } = stack.use(await testDb())
  const way = stack.use(await aWayTo(stack.use(await aStore())))
  const store = stack.adopt(openStore(loadEnv({ ...NEEDED, ...way.env })), (open) => open.close())
  const ctx = await anOrg(db)
  /** Readers that remember nothing of what was read before. */
  const afresh = (): LogSource => ({ db, packedLogs: new PackedLogs(store) })
  return { db, way, store, ctx, afresh, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

async function pack(db: Ctx['db'], store: Store): Promise<void> {
  const taken = await takeLogToPack(db, 0)
  if (!taken) throw new Error('There is no log to pack')
  await packLog({ db, store }, taken, NEVER)
}

async function everyRecord(source: LogSource, ref: AttemptRef, fromN = 1): Promise<unknown[]> {
  const all: unknown[] = []
  for await (const { bytes, ...record } of readRecords(source, ref, fromN))
    all.push({ ...record, bytes: bytes.toString('base64') })
  return all
}

async function raw(source: LogSource, ref: AttemptRef): Promise<Buffer> {
  const pieces: Buffer[] = []
  for await (const piece of rawLog(source, ref, ['stdout', 'stderr', 'output'])) pieces.push(piece)
  return Buffer.concat(pieces)
}

const countChunks = async ({ db }: Ctx) => (await db.selectFrom('logChunks').select('firstN').execute()).length
const objects = async ({ db }: Ctx) => await db.selectFrom('storedObjects').select(['key', 'state']).execute()

test('any log is the same before and after it is packed: every record, from any line on, and as a download', async () => {
  await using place = await aPlace()
  const { db, store, ctx, afresh } = place
  await fc.assert(
    fc.asyncProperty(
      anyBatches,
      fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 8 }),
      async (batches, places) => {
        const ref = await aClosedLog(ctx, batches)
        const before = await everyRecord(afresh(), ref)
        const download = await raw(afresh(), ref)
        await pack(db, store)
        expect(await countChunks(ctx)).toBe(0)
        expect(await everyRecord(afresh(), ref)).toEqual(before)
        expect((await raw(afresh(), ref)).equals(download)).toBe(true)
        for (const share of [...places, 1]) {
          const n = 1 + Math.floor(share * before.length)
          expect(await everyRecord(afresh(), ref, n)).toEqual(before.slice(n - 1))
        }
      },
    ),
    { numRuns: 12 },
  )
})

test('what was cut stays cut, and an empty log needs no object', async () => {
  await using place = await aPlace()
  const { db, store, ctx, afresh } = place
  const cut = await aClosedLog(ctx, shortLines(4, 10), { maxBytes: 1e9, maxLines: 25 })
  await pack(db, store)
  const lines = await readLines(afresh(), cut, 1, 100)
  expect(lines.length).toBe(21)
  expect(lines.at(-1)?.gap).toMatchObject({ lines: 20 })
  await aClosedLog(ctx, [])
  await pack(db, store)
  expect((await objects(ctx)).length).toBe(1)
  expect(await takeLogToPack(db, 0)).toBeUndefined()
})

test('a log is packed once its time has come, not while its attempt is open, and not by two at once', async () => {
  await using place = await aPlace()
  const { db, ctx } = place
  const ref = await aClosedLog(ctx, shortLines(1, 1))
  expect(await takeLogToPack(db, 60)).toBeUndefined()
  await db.updateTable('logHeads').set({ endedAt: null }).execute()
  expect(await takeLogToPack(db, 0)).toBeUndefined()
  await db
    .updateTable('logHeads')
    .set({ endedAt: new Date(Date.now() - 61_000) })
    .execute()
  expect(await takeLogToPack(db, 60)).toMatchObject({ ...ref, lastN: 1, packed: false })
  expect(await takeLogToPack(db, 60)).toBeUndefined()
  await leaveLog(db, ref, false)
  expect(await takeLogToPack(db, 60), 'it rests').toBeUndefined()
  await leaveLog(db, ref, true)
  expect(await takeLogToPack(db, 60)).toMatchObject(ref)
})

test('two that pack the same log: one wins, the other drops its object, and the log is there once', async () => {
  await using place = await aPlace()
  const { db, store, ctx, afresh } = place
  const ref = await aClosedLog(ctx, shortLines(3, 100))
  const before = await everyRecord(afresh(), ref)
  const taken = await takeLogToPack(db, 0)
  if (!taken) throw new Error('nothing to pack')
  // both have sent and compared everything, and come to the switch while somebody holds the head
  const held = await db.startTransaction().execute()
  await held.selectFrom('logHeads').select('lastN').forUpdate().execute()
  const both = [packLog({ db, store }, taken, NEVER), packLog({ db, store }, taken, NEVER)]
  await someoneWaitsForALock(db, { sessions: 2 })
  await held.commit().execute()
  await Promise.all(both)
  expect((await objects(ctx)).map(({ state }) => state).sort()).toEqual(['deleting', 'kept'])
  const { packedKey } = await db.selectFrom('logHeads').select('packedKey').executeTakeFirstOrThrow()
  expect((await objects(ctx)).find(({ state }) => state === 'kept')?.key).toBe(packedKey)
  expect(await everyRecord(afresh(), ref)).toEqual(before)
})

test('readers that have begun read on from the store when the log is packed and its chunks go under them', async () => {
  await using place = await aPlace()
  const { db, store, ctx, afresh } = place
  const batches = shortLines(300, 50) // more chunks than are read at once
  const ref = await aClosedLog(ctx, batches)
  const before = await everyRecord(afresh(), ref)
  const readers = Array.from({ length: 20 }, () => readRecords(afresh(), ref, 1))
  const seen: unknown[][] = readers.map(() => [])
  const step = async (i: number) => {
    const { done, value } = (await readers[i]?.next()) ?? { done: true }
    if (done || !value) return false
    const { bytes, ...record } = value
    seen[i]?.push({ ...record, bytes: bytes.toString('base64') })
    return true
  }
  for (const i of readers.keys()) for (let n = 0; n < i * 700; n++) await step(i)
  await pack(db, store)
  for (const i of readers.keys()) while (await step(i));
  for (const records of seen) expect(records).toEqual(before)
})

test('an object that is not what was sent is never switched to', async () => {
  await using place = await aPlace()
  const { db, way, store, ctx, afresh } = place
  const ref = await aClosedLog(ctx, shortLines(3, 5_000))
  const before = await everyRecord(afresh(), ref)
  const damages: ((bytes: Buffer) => Buffer)[] = [
    (bytes) => bytes.subarray(0, bytes.length - 1),
    (bytes) => Buffer.concat([bytes, Buffer.from('x')]),
    (bytes) => Buffer.from(bytes).fill(0, 200, 201),
    () => Buffer.from('something else'),
  ]
  for (const damage of damages) {
    way.react = (asked) => (asked.startsWith('GET') ? { change: damage } : 'pass')
    await expect(pack(db, store)).rejects.toThrow('is not what was sent')
    await leaveLog(db, ref, true)
  }
  expect((await objects(ctx)).map(({ state }) => state)).toEqual(damages.map(() => 'deleting'))
  expect(await countChunks(ctx)).toBe(3)
  way.react = () => 'pass'
  await pack(db, store)
  expect(await everyRecord(afresh(), ref)).toEqual(before)
})

test('an object that was damaged or lost in the store is told as such, never as a shorter log', async () => {
  await using place = await aPlace()
  const { db, store, ctx, afresh } = place
  const ref = await aClosedLog(ctx, shortLines(30, 1_000))
  await pack(db, store)
  const { packedKey } = await db.selectFrom('logHeads').select('packedKey').executeTakeFirstOrThrow()
  const object = { Bucket: store.bucket, Key: packedKey ?? '' }
  const { Body } = await store.client.send(new GetObjectCommand(object))
  const bytes = Buffer.from((await Body?.transformToByteArray()) ?? [])
  bytes.writeUInt8(bytes.readUInt8(bytes.length - 3_000) ^ 1, bytes.length - 3_000)
  await store.client.send(new PutObjectCommand({ ...object, Body: bytes }))
  expect((await readLines(afresh(), ref, 1, 10)).length).toBe(10)
  await expect(raw(afresh(), ref)).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringContaining('other bytes'),
  })
  await store.client.send(new DeleteObjectCommand(object))
  await expect(readLines(afresh(), ref, 1, 10)).rejects.toMatchObject({ code: 'unavailable' })
})

test('a block is asked for once, however many read it', async () => {
  await using place = await aPlace()
  const { db, way, store, ctx, afresh } = place
  const ref = await aClosedLog(ctx, shortLines(30, 1_000))
  await pack(db, store)
  way.asked.length = 0
  const source = afresh()
  await Promise.all(Array.from({ length: 50 }, () => readLines(source, ref, 1, 1_000)))
  for (let n = 1; n < 2_000; n += 100) await readLines(source, ref, n, 100)
  expect(way.asked.length).toBe(1)
  const all = await everyRecord(source, ref)
  const blocks = way.asked.length
  expect(blocks).toBeGreaterThan(1)
  expect(await everyRecord(source, ref)).toEqual(all)
  expect(way.asked.length).toBe(blocks)
})

test('while the store is away, full or silent a log stays where it is, and what is packed is not to be read', async () => {
  await using place = await aPlace()
  const { db, way, store, ctx, afresh } = place
  const packed = await aClosedLog(ctx, shortLines(2, 10))
  await pack(db, store)
  const ref = await aClosedLog(ctx, shortLines(30, 1_000))
  const before = await everyRecord(afresh(), ref)
  const troubles: Reaction[] = ['cut', { status: 503, code: 'SlowDown' }, { status: 507, code: 'InsufficientStorage' }]
  for (const trouble of troubles) {
    way.react = () => trouble
    await expect(pack(db, store)).rejects.toThrow()
    await leaveLog(db, ref, true)
    expect(await everyRecord(afresh(), ref)).toEqual(before)
    await expect(readLines(afresh(), packed, 1, 10)).rejects.toMatchObject({ code: 'unavailable' })
  }
  way.react = () => 'pass'
  await pack(db, store)
  expect(await everyRecord(afresh(), ref)).toEqual(before)
  expect((await objects(ctx)).filter(({ state }) => state === 'kept').length).toBe(2)
})

test('a store that falls silent in mid-answer is waited for no longer than it may take', async () => {
  await using place = await aPlace()
  const { db, way, store, ctx, afresh } = place
  const ref = await aClosedLog(ctx, shortLines(30, 1_000))
  const before = await everyRecord(afresh(), ref)
  for (const [method, trouble] of [
    ['PUT', 'hold'],
    ['GET', 'hold'],
    ['GET', 'halve'],
  ] as const) {
    way.react = (asked) => (asked.startsWith(method) ? trouble : 'pass')
    way.asked.length = 0
    const stop = new AbortController()
    const taken = await takeLogToPack(db, 0)
    if (!taken) throw new Error('nothing to pack')
    const packing = packLog({ db, store }, taken, stop.signal)
    packing.catch(() => undefined)
    await expect.poll(() => way.asked.some((asked) => asked.startsWith(method))).toBe(true)
    stop.abort()
    await expect(packing).rejects.toThrow()
    await leaveLog(db, ref, true)
  }
  way.react = () => 'pass'
  await pack(db, store)
  for (const trouble of ['hold', 'halve'] as const) {
    way.react = () => trouble
    const source = { db, packedLogs: new PackedLogs(store, 200) }
    await expect(readLines(source, ref, 1, 10)).rejects.toMatchObject({ code: 'unavailable' })
  }
  way.react = () => 'pass'
  expect(await everyRecord(afresh(), ref)).toEqual(before)
})
