import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { sql } from 'kysely'
import { type Db, openDatabase } from '../db/client'
import type { BenchOptions, Figure } from './stats'
import { type Line, type System, withSystem } from './system'
import { withDatabase } from './throwaway'
import { bySocket, byStream, type Door, type Watching } from './watch'

const LINES_A_SECOND = 20
const SECONDS = 30
const LINES = LINES_A_SECOND * SECONDS
const OPENED_AT_ONCE = 20
/** Waits until all watch, then prints the instant of each print, in ms since the epoch, by the clock of this machine. */
const scriptOf = (gate: string) => `import os, time
while not os.path.exists(${JSON.stringify(gate)}): time.sleep(0.05)
for _ in range(${LINES}):
    print(f"t {time.time_ns() / 1e6}\\n", end="", flush=True)
    time.sleep(${1 / LINES_A_SECOND})
`

/** Of one job's lines: how late they came by each door, and how often the log was read meanwhile. */
type Round = { stream: number[]; socket: number[]; readsABatch: number }

/**
 * print → watcher while a job prints 20 lines a second for 30 s and half of the watchers follow it by event streams of the web
 * process, half by WebSockets of the worker; that every line came to all of them, once and in order, is checked. One process plays all
 * watchers, and what they cost is within the figures. Floor: the same job with one watcher at each door. Statements that read the
 * log are counted by Postgres.
 */
export async function watchers({ rounds, watchers: count = 500 }: BenchOptions): Promise<Figure[]> {
  const [few, many]: [Round[], Round[]] = [[], []]
  const measure = async (databaseUrl: string) => {
    const db = openDatabase(databaseUrl, { name: 'bench', maxConnections: 2 })
    const all = async (system: System) => {
      for (let round = 0; round < rounds; round++) {
        few.push(await watched(system, db, 1))
        many.push(await watched(system, db, Math.floor(count / 2)))
      }
    }
    await withSystem(all, { DATABASE_URL: databaseUrl }).finally(() => db.destroy())
  }
  await withDatabase(measure, { durable: true, countsStatements: true })
  return figuresOf(count, few, many)
}

function figuresOf(count: number, few: Round[], many: Round[]): Figure[] {
  const lateness = (door: 'stream' | 'socket', doorWhat: string): Figure => ({
    ...{ name: `watchers-${door}`, unit: 'ms', aim: 'p99 ≤ 300 ms' },
    what: `print → each of ${Math.floor(count / 2)} ${doorWhat}`,
    floorWhat: 'print → a single one',
    samples: many.flatMap((round) => round[door]),
    floor: few.flatMap((round) => round[door]),
  })
  const reads: Figure = {
    ...{ name: 'watchers-reads', unit: 'reads/batch', aim: 'one for each of the two processes' },
    what: `reads of the log for a batch, ${count} watchers`,
    floorWhat: 'with one watcher at each door',
    samples: many.map(({ readsABatch }) => readsABatch),
    floor: few.map(({ readsABatch }) => readsABatch),
  }
  return [lateness('stream', 'event streams'), lateness('socket', 'WebSockets'), reads]
}

/** @param each watchers at each of the doors */
async function watched(system: System, db: Db, each: number): Promise<Round> {
  const dir = mkdtempSync(path.join(tmpdir(), 'stout-bench-gate-'))
  const gate = path.join(dir, 'open')
  const watching: Watching[] = []
  try {
    await system.idle()
    const { id } = await system.submit({ script: scriptOf(gate), target: { box: system.box.name } })
    const at = async (door: Door) => {
      const watchers = Array.from({ length: each }, () => new Watcher())
      for (let n = 0; n < each; n += OPENED_AT_ONCE) {
        const some = watchers.slice(n, n + OPENED_AT_ONCE)
        watching.push(
          ...(await Promise.all(some.map((watcher) => door(system, id, (...said) => watcher.hear(...said))))),
        )
      }
      return watchers
    }
    const [streams, sockets] = [await at(byStream), await at(bySocket)]
    const before = await readsOfLogs(db)
    writeFileSync(gate, '')
    await Promise.all(watching.map(({ ended }) => ended))
    const reads = (await readsOfLogs(db)) - before
    const delays = (watchers: Watcher[]) => watchers.flatMap((watcher) => watcher.allDelays())
    return { stream: delays(streams), socket: delays(sockets), readsABatch: reads / (await batchesOf(db, id)) }
  } finally {
    for (const one of watching) one.leave()
    rmSync(dir, { recursive: true, force: true })
  }
}

class Watcher {
  readonly #delays: number[] = []

  /** @throws Error unless these are the lines after those that came before */
  hear(lines: Line[], atMs: number): void {
    for (const { n, text } of lines) {
      if (n !== this.#delays.length + 1) throw new Error(`Line ${n} came after line ${this.#delays.length}`)
      this.#delays.push(Math.max(atMs - Number(text.slice('t '.length)), 0.1)) // Date.now() counts whole milliseconds
    }
  }

  /** @throws Error unless all lines came */
  allDelays(): number[] {
    if (this.#delays.length !== LINES) throw new Error(`${this.#delays.length} of ${LINES} lines came to a watcher`)
    return this.#delays
  }
}

/** Statements so far that have read chunks of logs, whoever asked. */
async function readsOfLogs(db: Db): Promise<number> {
  const { rows } = await sql<{ calls: number }>`
    select coalesce(sum(calls), 0)::int as calls from pg_stat_statements
    where query ~* '^\\s*select' and query ~ 'from log_chunks'`.execute(db)
  return rows[0]?.calls ?? 0
}

async function batchesOf(db: Db, jobId: string): Promise<number> {
  const { rows } = await sql<{ batches: number }>`
    select count(*)::int as batches from log_chunks where job_id = ${jobId}`.execute(db)
  return rows[0]?.batches ?? 0
}
