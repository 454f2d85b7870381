import { expect, test } from 'vitest'
import { testDb } from '../../db/testing/database'
import { aStore } from '../../embedded/object-store/testing/store'
import type { AttemptRef } from '../attempts/tokens'
import type { Ctx } from '../context'
import { NotFound } from '../errors'
import { openStore } from '../store/store'
import { anOrg } from '../testing/fixtures'
import { aClosedLog, aRecord, shortLines, unpackedLogs } from '../testing/logs'
import { findInLog } from './find-in-log'
import type { LogSource } from './log-blocks'
import { packLog } from './pack-log'
import { PackedLogs } from './packed-logs'
import { gapRecord, type LogBatch } from './records'
import { takeLogToPack } from './take-log-to-pack'

const GAP = gapRecord(new Date(0), { lines: 7, sizeBytes: 70, why: 'an error in the spool' })

/** A log of these texts, some of them to a chunk. */
function aLogOf(texts: (string | Buffer)[], linesAChunk = 3): LogBatch[] {
  const records = texts.map((text) => (text === GAP ? GAP : aRecord(Buffer.from(text), 1, 0, 1n)))
  return Array.from({ length: Math.ceil(records.length / linesAChunk) }, (_, chunk) => {
    const some = records.slice(chunk * linesAChunk, (chunk + 1) * linesAChunk)
    return { firstN: chunk * linesAChunk + 1, count: some.length, records: Buffer.concat(some) }
  })
}

/** Every hit, call after call, and how many calls it took. */
async function findAll(ctx: Ctx & LogSource, { jobId, attempt }: AttemptRef, text: string, more = {}) {
  const query: Parameters<typeof findInLog>[2] = { attempt, text, matchCase: false, limit: 1_000, ...more }
  const lines: number[] = []
  for (let calls = 1; ; calls++) {
    const answer = await findInLog(ctx, jobId, query)
    lines.push(...answer.lines)
    if (answer.nextFrom > answer.lineCount || answer.nextFrom === 0) return { lines, calls }
    query.from = answer.nextFrom
  }
}

const TEXTS = [
  'Error: first',
  'nothing',
  'no \x1b[31mERR\x1b[0mor but in red',
  'größe und GRÖSSE',
  Buffer.from([0xff, 0x65, 0x72, 0x72, 0x6f, 0x72]), // not UTF-8, and then "error"
  GAP,
  '',
  '[31m is text here',
  'the last error',
]

test('lines are found by what a reader sees of them, whether the log is packed or not', async () => {
  await using stack = new AsyncDisposableStack()
  const { db } = stack.use(await testDb())
  const { endpoint, bucket, region, accessKeyId, secretAccessKey } = stack.use(await aStore())
  const way = { S3_ENDPOINT: endpoint, S3_PUBLIC_ENDPOINT: undefined, S3_BUCKET: bucket, S3_REGION: region }
  const keys = { S3_ACCESS_KEY_ID: accessKeyId, S3_SECRET_ACCESS_KEY: secretAccessKey }
  const store = stack.adopt(openStore({ ...way, ...keys }), (open) => open.close())
  const ctx = await anOrg(db)
  const ref = await aClosedLog(ctx, aLogOf(TEXTS))
  const looks = async (source: LogSource) => {
    const inLog = { ...ctx, ...source }
    expect((await findAll(inLog, ref, 'error')).lines).toEqual([1, 3, 5, 9])
    expect((await findAll(inLog, ref, 'error', { matchCase: true })).lines).toEqual([5, 9])
    expect((await findAll(inLog, ref, 'GRÖSSE', { from: 2 })).lines).toEqual([4])
    expect((await findAll(inLog, ref, '[31m')).lines).toEqual([8])
    expect((await findAll(inLog, ref, 'spool')).lines).toEqual([])
    expect(await findAll(inLog, ref, 'error', { limit: 1 })).toEqual({ lines: [1, 3, 5, 9], calls: 4 })
    expect((await findAll(inLog, ref, 'error', { backwards: true })).lines).toEqual([9, 5, 3, 1])
    expect((await findAll(inLog, ref, 'error', { backwards: true, from: 8, limit: 1 })).lines).toEqual([5, 3, 1])
    expect((await findAll(inLog, ref, 'error', { backwards: true, from: 1_000 })).lines).toEqual([9, 5, 3, 1])
  }
  await looks(unpackedLogs(db))
  const taken = await takeLogToPack(db, 0)
  await packLog({ db, store }, taken as NonNullable<typeof taken>, new AbortController().signal)
  expect(await db.selectFrom('logChunks').select('firstN').execute()).toEqual([])
  await looks({ db, packedLogs: new PackedLogs(store) })
})

test('one call looks at some megabytes at most, and the next one goes on where it stopped', async () => {
  await using t = await testDb()
  const ctx = await anOrg(t.db)
  const ref = await aClosedLog(ctx, shortLines(60, 100, 4_000))
  const inLog = { ...ctx, ...unpackedLogs(t.db) }
  const first = await findInLog(inLog, ref.jobId, { text: 'line 5999', matchCase: false, from: 1, limit: 10 })
  expect(first).toMatchObject({ lines: [], lineCount: 6_000 })
  expect(first.nextFrom).toBeLessThan(4_200)
  expect(await findAll(inLog, ref, 'line 5999')).toEqual({ lines: [5_999], calls: 2 })
  expect(await findAll(inLog, ref, 'line 5999', { from: 5_999 })).toEqual({ lines: [5_999], calls: 1 })

  const back = { text: 'line 1 ', matchCase: false, backwards: true, limit: 10 }
  const last = await findInLog(inLog, ref.jobId, back)
  expect(last).toMatchObject({ lines: [], lineCount: 6_000 })
  expect(last.nextFrom).toBeGreaterThan(1_000)
  expect(last.nextFrom).toBeLessThan(6_000)
  expect((await findAll(inLog, ref, 'line 1 ', { backwards: true })).lines).toEqual([1])
  expect((await findAll(inLog, ref, 'line', { backwards: true })).lines).toEqual(
    Array.from({ length: 6_000 }, (_, index) => 6_000 - index),
  )
})

test("another organisation's log is not there, and neither is an attempt that never was", async () => {
  await using t = await testDb()
  const ctx = await anOrg(t.db)
  const { jobId } = await aClosedLog(ctx, aLogOf(['secret']))
  const query = { text: 'secret', matchCase: false, from: 1, limit: 10 }
  const stranger = { ...(await anOrg(t.db)), ...unpackedLogs(t.db) }
  await expect(findInLog(stranger, jobId, query)).rejects.toThrow(NotFound)
  await expect(findInLog({ ...ctx, ...stranger, orgId: ctx.orgId }, jobId, { ...query, attempt: 2 })).rejects.toThrow(
    NotFound,
  )
})
