import type { KyselyPlugin } from 'kysely'
import { expect, test } from 'vitest'
import { testDb } from '../../db/testing/database'
import { finishAttempt } from '../attempts/finish-attempt'
import { recordExit } from '../attempts/record-exit'
import { jobTopic, Listeners, logTopic } from '../live/bus'
import { aBatch } from '../testing/batches'
import { aBox, aJob, anOrg } from '../testing/fixtures'
import { unpackedLogs } from '../testing/logs'
import { appendBatches } from './append-lines'
import { followLog } from './follow-log'
import { LogTails } from './log-tails'

/** Counts the statements that pass through it. */
function counting(): KyselyPlugin & { count: number } {
  return {
    count: 0,
    transformQuery({ node }) {
      this.count++
      return node
    },
    transformResult: async ({ result }) => result,
  }
}

test('each batch is read once in a process, however many follow the log, and each of them gets every line once', async () => {
  await using t = await testDb()
  const ctx = await anOrg(t.db)
  await aBox(ctx)
  const ref = { jobId: (await aJob(ctx, { state: 'running' })).id, attempt: 1 }
  const listeners = new Listeners()
  const bus = {
    publish: async () => undefined,
    subscribe: listeners.add.bind(listeners),
    close: async () => undefined,
  }
  const counted = counting()
  const db = t.db.withPlugin(counted)
  const logTails = new LogTails(unpackedLogs(db))
  const [followers, batches] = [500, 20]
  const got: number[][] = Array.from({ length: followers }, () => [])
  const follow = async (lines: number[]) => {
    const signal = new AbortController().signal
    for await (const page of followLog(
      { db, bus, logTails },
      ref.jobId,
      { attempt: 1, afterN: 0, pinned: true },
      signal,
    )) {
      if ('lines' in page) lines.push(...page.lines.map(({ n }) => n))
    }
  }
  const append = async (n: number) => {
    await appendBatches(t.db, [{ ...ref, batch: aBatch(n, [`line ${n}`]) }], { maxBytes: 1e9, maxLines: 1e9 })
    listeners.wake(logTopic(ref.jobId, 1), n)
  }
  const arrived = async (n: number) =>
    await expect.poll(() => got.filter((lines) => lines.at(-1) === n).length).toBe(followers)
  const following = Promise.all(got.map(follow))
  await append(1)
  await arrived(1)
  const before = counted.count
  for (let n = 2; n <= batches; n++) {
    await append(n)
    await arrived(n)
  }
  // those who were a little late look once more, together
  expect(counted.count - before).toBeLessThanOrEqual(3 * batches)
  await recordExit(t.db, ref, { exitCode: 0, signal: null, endedBy: 'script', durationMs: 1 })
  await finishAttempt(t.db, ref, batches, [])
  listeners.wake(jobTopic(ref.jobId), 99)
  await following
  const expected = Array.from({ length: batches }, (_, i) => i + 1)
  for (const lines of got) expect(lines).toEqual(expected)
})

test('whoever is behind catches up, and then goes along with the others', async () => {
  await using t = await testDb()
  const ctx = await anOrg(t.db)
  await aBox(ctx)
  const ref = { jobId: (await aJob(ctx, { state: 'running' })).id, attempt: 1 }
  const append = async (firstN: number, count: number) => {
    const texts = Array.from({ length: count }, (_, i) => `line ${firstN + i}`)
    await appendBatches(t.db, [{ ...ref, batch: aBatch(firstN, texts) }], { maxBytes: 1e9, maxLines: 1e9 })
  }
  await append(1, 5_000)
  using ahead = new LogTails(unpackedLogs(t.db)).follow(ref)
  expect((await ahead.read(4_999)).lines.map(({ n }) => n)).toEqual([4_999, 5_000])
  expect(await ahead.read(5_001)).toMatchObject({ lines: [], atEnd: true, closed: false })
  const seen: number[] = []
  while (seen.length < 5_000) {
    const { lines } = await ahead.read(seen.length + 1)
    seen.push(...lines.map(({ n }) => n))
  }
  expect(seen).toEqual(Array.from({ length: 5_000 }, (_, i) => i + 1))
  await append(5_001, 1)
  const [one, two, partly] = await Promise.all([ahead.read(5_001), ahead.read(5_001), ahead.read(5_000)])
  expect(one.lines).toBe(two.lines)
  expect(partly.lines[0]?.n).toBe(5_000)
})
