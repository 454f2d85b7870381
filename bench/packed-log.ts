import type { AttemptRef } from '../core/attempts/tokens'
import type { Ctx } from '../core/context'
import { packLog } from '../core/logs/pack-log'
import { PackedLogs } from '../core/logs/packed-logs'
import { readLog } from '../core/logs/read-log'
import { takeLogToPack } from '../core/logs/take-log-to-pack'
import { openStore, type Store } from '../core/store/store'
import { anOrg } from '../core/testing/fixtures'
import { aClosedLog, shortLines } from '../core/testing/logs'
import { openDatabase } from '../db/client'
import { aStoreProcess } from '../embedded/object-store/testing/store'
import type { Figure } from './stats'
import { storeSettings } from './store-settings'
import { withDatabase } from './throwaway'

const LINES = 200_000
const LINES_A_CHUNK = 400
const LINE_BYTES = 100
const LINES_A_READ = 200
/** As of a script that prints some thousand lines a second. */
const CHUNKS = LINES / LINES_A_CHUNK

/**
 * Range reads of a packed log by the function that REST calls; floor: the same reads, in turns, of a log with the same lines
 * whose chunks are in Postgres. The store is a process, as in an installation. `first`: nothing of the log is remembered, so each
 * read is the first one of a web process; `again`: all reads of one process, which remembers blocks.
 */
export async function packedLog(rounds: number): Promise<Figure[]> {
  return await withDatabase(async (databaseUrl) => {
    await using storeProcess = await aStoreProcess()
    const db = openDatabase(databaseUrl)
    const store = openStore(storeSettings(storeProcess.env))
    try {
      const ctx = await anOrg(db)
      const packed = await aClosedLog(ctx, lines())
      await pack(ctx, store)
      const unpacked = await aClosedLog(ctx, lines())
      return await figures(ctx, store, { packed, unpacked }, rounds)
    } finally {
      store.close()
      await db.destroy()
    }
  })
}

const lines = () => shortLines(CHUNKS, LINES_A_CHUNK, LINE_BYTES)

async function pack({ db }: Ctx, store: Store): Promise<void> {
  const log = await takeLogToPack(db, 0)
  if (!log) throw new Error('There is no log to pack')
  await packLog({ db, store }, log, AbortSignal.timeout(60_000))
}

type Logs = { packed: AttemptRef; unpacked: AttemptRef }

async function figures(ctx: Ctx, store: Store, logs: Logs, rounds: number): Promise<Figure[]> {
  const anywhere = () => 1 + Math.floor(Math.random() * (LINES - LINES_A_READ))
  const end = () => LINES - LINES_A_READ + 1
  const stranger = () => new PackedLogs(store)
  const one = stranger()
  const figure = async (name: string, where: string, from: () => number, reader: () => PackedLogs): Promise<Figure> => {
    const what = `${LINES_A_READ} of ${LINES} lines ${where}, packed`
    const [samples, floor] = await inTurns(ctx, logs, rounds, from, reader)
    return { name, what, floorWhat: 'the same, chunks in Postgres', unit: 'ms', samples, floor }
  }
  return [
    await figure('packed-log-first', 'anywhere, first read', anywhere, stranger),
    await figure('packed-log-end', 'at the end, first read', end, stranger),
    await figure('packed-log-again', 'anywhere, blocks remembered', anywhere, () => one),
  ]
}

async function inTurns(ctx: Ctx, logs: Logs, rounds: number, from: () => number, reader: () => PackedLogs) {
  const [samples, floor]: [number[], number[]] = [[], []]
  for (let round = -20; round < rounds; round++) {
    const [line, packedLogs] = [from(), reader()]
    const fromPostgres = await timed({ ...ctx, packedLogs }, logs.unpacked, line)
    const fromStore = await timed({ ...ctx, packedLogs }, logs.packed, line)
    if (round < 0) continue // warm-up
    floor.push(fromPostgres)
    samples.push(fromStore)
  }
  return [samples, floor] as const
}

async function timed(ctx: Parameters<typeof readLog>[0], { jobId }: AttemptRef, from: number): Promise<number> {
  const began = performance.now()
  const { items, closed } = await readLog(ctx, jobId, { from, limit: LINES_A_READ })
  const took = performance.now() - began
  if (items.length !== LINES_A_READ || items[0]?.n !== from || !closed)
    throw new Error(`Other lines than from ${from} on`)
  return took
}
