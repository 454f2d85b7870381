import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { setTimeout } from 'node:timers/promises'
import { sql, type Transaction } from 'kysely'
import { expect, test } from 'vitest'
import type { Database } from '../../db/schema'
import { testDb } from '../../db/testing/database'
import { aStore, aStoreProcess, type StoreAccess } from '../../embedded/object-store/testing/store'
import { eventually } from '../../worker/testing/lab'
import { type Started, startProgram } from '../../worker/testing/processes'
import type { AttemptRef } from '../attempts/tokens'
import type { Ctx } from '../context'
import { loadEnv } from '../env'
import { openStore } from '../store/store'
import { anOrg, someoneWaitsForALock } from '../testing/fixtures'
import { aClosedLog, noise, shortLines } from '../testing/logs'
import { aWayTo, type Reaction, type StoreWay } from '../testing/store-way'
import type { LogSource } from './log-blocks'
import { PackedLogs } from './packed-logs'
import { readRecords } from './read-lines'
import type { LogBatch } from './records'

type Place = AsyncDisposable & {
  ctx: Ctx
  way: StoreWay
  /** Reads the database and the store, and remembers nothing. */
  afresh(): LogSource
  startWorker(): Promise<Started>
}

/** A database and a way to a store; workers pack at once what has ended. */
async function aPlace(store: StoreAccess): Promise<Place> {
  const stack = new AsyncDisposableStack()
  const t = stack.use(await testDb())
  const way = stack.use(await aWayTo(store))
  const env = {
    ...{ DATABASE_URL: t.url, STOUT_URL: 'http://127.0.0.1:9', STOUT_BOX_URL: 'http://127.0.0.1:9' },
    ...{ STOUT_SECRET: 'a secret for tests only, of enough characters', STOUT_WORKER_PORT: '0' },
    ...{ SWEEP_SECONDS: '0.1', LOG_PACK_AFTER_SECONDS: '0.05', BOX_INSPECT_SECONDS: '0' },
  }
  const direct = stack.adopt(openStore(loadEnv({ ...env, ...store.env })), (open) => open.close())
  return {
    ctx: await anOrg(t.db),
    way,
    afresh: () => ({ db: t.db, packedLogs: new PackedLogs(direct) }),
    startWorker: async () => stack.use(await startProgram('worker', [], { ...env, ...way.env }, 'the worker listens')),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

/** One text that differs as soon as any record does. */
async function everything(source: LogSource, ref: AttemptRef): Promise<string> {
  const all = createHash('sha256')
  for await (const { n, atMicros, stream, partial, gap, torn, bytes } of readRecords(source, ref, 1))
    all.update(JSON.stringify([n, atMicros, stream, partial, gap, torn, bytes.length])).update(bytes)
  return all.digest('hex')
}

/** Reads the log over and over until stopped; each time it must be what it was. */
function keepReading({ afresh }: Place, ref: AttemptRef, expected: string) {
  let stopped = false
  let times = 0
  const reading = (async () => {
    for (; !stopped; times++) {
      if ((await everything(afresh(), ref)) !== expected) throw new Error('A reader saw another log')
      await setTimeout(1_000)
    }
  })()
  reading.catch(() => undefined)
  const stop = async () => {
    stopped = true
    await reading
    return times
  }
  return { stop, [Symbol.asyncDispose]: async () => void (await stop().catch(() => 0)) }
}

const isCleared = async ({ db }: Ctx) =>
  (await db.selectFrom('logHeads').select('jobId').where('clearedAt', 'is', null).execute()).length === 0
const countChunks = async ({ db }: Ctx) => (await db.selectFrom('logChunks').select('firstN').execute()).length
const states = async ({ db }: Ctx) =>
  (await db.selectFrom('storedObjects').select('state').execute()).map(({ state }) => state).sort()

async function kill({ child }: Started): Promise<void> {
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}

/** A transaction in which locks are held for as long as it takes. */
async function aHold({ db }: Ctx) {
  const tx = await db.startTransaction().execute()
  await sql`set local idle_in_transaction_session_timeout = 0`.execute(tx)
  const release = async () => {
    if (!tx.isRolledBack) await tx.rollback().execute()
  }
  return { tx, release, [Symbol.asyncDispose]: release }
}

/** As if the time had passed for which the killed worker had taken the log. */
async function untake({ db }: Ctx): Promise<void> {
  await db.updateTable('logHeads').set({ packTakenUntil: sql<Date>`now()` }).execute()
}

const asked = (way: StoreWay, what: RegExp) =>
  eventually(`asked for ${what}`, () => way.asked.some((it) => what.test(it)), 90_000)

/** Where a worker is killed: what holds it there, how it is seen to be there, and what it leaves of its object. */
type Stage = {
  name: string
  log: LogBatch[]
  hold(place: Place, tx: Transaction<Database>): Promise<void>
  reached(place: Place): Promise<void>
  left: string[]
}

const atRequest = (name: string, log: LogBatch[], what: RegExp): Stage => ({
  ...{ name, log, left: ['kept', 'pending'] },
  async hold({ way }) {
    way.react = (it) => (what.test(it) ? 'hold' : 'pass')
  },
  reached: ({ way }) => asked(way, what),
})

const STAGES: Stage[] = [
  atRequest('before the first byte is sent', shortLines(3, 1), /^PUT/),
  atRequest('in the middle of the upload', noise(130), /^PUT .*partNumber=2/),
  atRequest('when everything is sent and not completed', noise(130), /^POST .*uploadId=/),
  atRequest('while it compares', shortLines(3, 1), /^GET/),
  {
    ...{ name: 'in the transaction that switches', log: shortLines(3, 1), left: ['kept', 'pending'] },
    async hold({ way }, tx) {
      way.react = async (it): Promise<Reaction> => {
        if (it.startsWith('GET')) await tx.selectFrom('logHeads').select('lastN').forUpdate().execute()
        return 'pass'
      }
    },
    reached: ({ ctx }) => someoneWaitsForALock(ctx.db, { statement: 'update "log_heads"' }),
  },
  {
    ...{ name: 'when readers were switched and some chunks were gone', log: shortLines(1_500, 1), left: ['kept'] },
    async hold(_place, tx) {
      await tx.selectFrom('logChunks').select('firstN').where('firstN', '>', 1_200).forUpdate().execute()
    },
    reached: ({ ctx }) => someoneWaitsForALock(ctx.db, { statement: 'delete from "log_chunks"' }),
  },
]

test.each(STAGES)(
  'worker killed $name: the next one finishes, the log is the same to all readers all the time',
  async ({ log, hold, reached, left }) => {
    await using store = await aStore()
    await using place = await aPlace(store)
    const { ctx } = place
    const ref = await aClosedLog(ctx, log)
    const before = await everything(place.afresh(), ref)
    await using readers = keepReading(place, ref, before)
    await using held = await aHold(ctx)
    await hold(place, held.tx)
    const worker = await place.startWorker()
    await reached(place)
    await kill(worker)
    await held.release()
    expect(await isCleared(ctx)).toBe(false)
    expect(await everything(place.afresh(), ref)).toBe(before)

    place.way.react = () => 'pass'
    await untake(ctx)
    await place.startWorker()
    await eventually('the log is packed', () => isCleared(ctx), 90_000)
    expect(await readers.stop()).toBeGreaterThan(0)
    expect(await everything(place.afresh(), ref)).toBe(before)
    expect(await countChunks(ctx)).toBe(0)
    expect(await states(ctx)).toEqual(left)
  },
  180_000,
)

test('a worker that is asked to stop lets go of the log in hand, and another takes it at once', async () => {
  await using store = await aStore()
  await using place = await aPlace(store)
  const { ctx, way } = place
  const ref = await aClosedLog(ctx, shortLines(3, 10))
  const before = await everything(place.afresh(), ref)
  way.react = () => 'hold'
  const worker = await place.startWorker()
  await asked(way, /^PUT/)
  worker.child.kill('SIGTERM')
  await once(worker.child, 'exit')
  way.react = () => 'pass'
  await place.startWorker()
  await eventually('the log is packed', () => isCleared(ctx), 90_000)
  expect(await everything(place.afresh(), ref)).toBe(before)
  expect(await states(ctx)).toEqual(['deleting', 'kept'])
})

test('two workers share out the logs: each is packed once', async () => {
  await using store = await aStore()
  await using place = await aPlace(store)
  const { ctx } = place
  const logs: { ref: AttemptRef; before: string }[] = []
  for (let i = 1; i <= 12; i++) {
    const ref = await aClosedLog(ctx, shortLines(i, 20))
    logs.push({ ref, before: await everything(place.afresh(), ref) })
  }
  await Promise.all([place.startWorker(), place.startWorker()])
  await eventually('all are packed', () => isCleared(ctx), 90_000)
  for (const { ref, before } of logs) expect(await everything(place.afresh(), ref)).toBe(before)
  expect(await states(ctx)).toEqual(logs.map(() => 'kept'))
})

test('store killed in the middle of an upload: the log stays where it is until the store is back, then it is packed', async () => {
  await using store = await aStoreProcess()
  await using place = await aPlace(store)
  const { ctx, way } = place
  const ref = await aClosedLog(ctx, noise(130))
  const before = await everything(place.afresh(), ref)
  const killed = new Promise<void>((done) => {
    way.react = async (it): Promise<Reaction> => {
      if (!/partNumber=2/.test(it)) return 'pass'
      await store.kill()
      done()
      return 'cut'
    }
  })
  await place.startWorker()
  await killed
  way.react = () => 'pass'
  const rests = async () => {
    const { packTakenUntil } = await ctx.db.selectFrom('logHeads').select('packTakenUntil').executeTakeFirstOrThrow()
    return packTakenUntil !== null && packTakenUntil.getTime() < Date.now() + 120_000
  }
  await eventually('it gives up for now', rests, 90_000)
  expect(await everything(place.afresh(), ref)).toBe(before)
  await store.start()
  await untake(ctx)
  await eventually('the log is packed', () => isCleared(ctx), 90_000)
  expect(await everything(place.afresh(), ref)).toBe(before)
  expect(await states(ctx)).toEqual(['deleting', 'kept'])
})
