import { setTimeout as sleep } from 'node:timers/promises'
import { wireBatch } from '../core/testing/batches'
import { openDatabase } from '../db/client'
import { type Bare, bareNext, bareNode } from './bare'
import { simulatedBoxes } from './fleet'
import { rssMegabytes } from './rss'
import { SimulatedSupervisor } from './simulated-supervisor'
import type { BenchOptions, Figure } from './stats'
import { type System, withSystem } from './system'
import { pagePaths, visitAll } from './visits'
import { bySocket, byStream, type Door } from './watch'

const LOOK_MS = 1_000
const OPENED_AT_ONCE = 20
/** What a running job says: ten lines a second, all at once. The one that is watched says one each 50 ms. */
const TALK = { everyMs: 1_000, lines: 10 }
const WATCHED_TALK = { everyMs: 50, lines: 1 }
const LABELS = { bench: 'simulated' }

type Looks = { web: number[]; worker: number[] }

/**
 * Resident memory of web and worker of the production build, one look a second: idle, after each page was asked for once; then
 * while 200 jobs run on simulated boxes; then while besides half of 500 watchers follow one of them by event streams, half by
 * WebSockets. Floor: bare Next with one page, and bare Node with an HTTP server.
 * @param options.rounds looks in each of the situations
 */
export async function memory({ rounds, jobs = 200, watchers = 500 }: BenchOptions): Promise<Figure[]> {
  const floor = { web: await bareLooks(bareNext, rounds), worker: await bareLooks(bareNode, rounds) }
  const measure = async (system: System): Promise<Figure[]> => {
    const figures = [...figuresOf('idle', 'idle', await idle(system, rounds), floor)]
    await using running = await runningJobs(system, jobs)
    figures.push(...figuresOf('jobs', `${jobs} running jobs`, await looks(system, rounds), floor))
    await using _ = await watching(system, running.watched, watchers)
    const what = `${watchers} watchers and ${jobs} running jobs`
    figures.push(...figuresOf('watchers', what, await looks(system, rounds), floor))
    return figures
  }
  return await withSystem(measure, { BOX_INSPECT_SECONDS: '0' }) // simulated boxes run nothing that could look around
}

function figuresOf(name: string, what: string, measured: Looks, floor: Looks): Figure[] {
  const figure = (part: keyof Looks, floorWhat: string): Figure => ({
    ...{ name: `memory-${part}-${name}`, what: `${part}: ${what}`, unit: 'MB', aim: '≤ 300 MB', floorWhat },
    ...{ samples: measured[part], floor: floor[part] },
  })
  return [figure('web', 'bare Next with one page'), figure('worker', 'bare Node with an HTTP server')]
}

async function bareLooks(start: () => Promise<Bare>, rounds: number): Promise<number[]> {
  await using bare = await start()
  for (let n = 0; n < 10; n++) await (await fetch(bare.url)).text()
  return await looksAt(() => rssMegabytes(bare.pid), rounds)
}

async function looksAt<T>(look: () => T, rounds: number): Promise<T[]> {
  const seen: T[] = []
  for (let n = 0; n < rounds; n++) {
    await sleep(LOOK_MS)
    seen.push(look())
  }
  return seen
}

async function looks({ webPid, workerPid }: System, rounds: number): Promise<Looks> {
  const seen = await looksAt(() => ({ web: rssMegabytes(webPid), worker: rssMegabytes(workerPid) }), rounds)
  return { web: seen.map(({ web }) => web), worker: seen.map(({ worker }) => worker) }
}

async function idle(system: System, rounds: number): Promise<Looks> {
  const { id } = await system.submit({ script: 'print(1)', target: { box: system.box.name } })
  await system.completed(id)
  await visitAll(system, await pagePaths(system, id))
  return await looks(system, rounds)
}

type Running = AsyncDisposable & { watched: string }

/** Jobs that run and talk until they are disposed of. */
async function runningJobs(system: System, count: number): Promise<Running> {
  await using stack = new AsyncDisposableStack()
  const db = stack.adopt(openDatabase(system.databaseUrl, { name: 'bench', maxConnections: 2 }), (open) =>
    open.destroy(),
  )
  const claimed: Promise<SimulatedSupervisor>[] = []
  const addBoxes = simulatedBoxes(count, (launch) => claimed.push(claim(launch)), LABELS)
  const { id: orgId } = await db.selectFrom('orgs').select('id').executeTakeFirstOrThrow()
  await addBoxes({ db, orgId }, stack)
  const ids: string[] = []
  for (let n = 0; n < count; n++)
    ids.push((await system.submit({ script: 'print(1)', requires: ['bench=simulated'] })).id)
  while (claimed.length < count) await sleep(50)
  const [watched = ''] = ids
  const over = new AbortController()
  const talking = (await Promise.all(claimed)).map(async (supervisor) => {
    await talk(supervisor, supervisor.jobId === watched ? WATCHED_TALK : TALK, over.signal)
    supervisor[Symbol.dispose]()
  })
  stack.defer(async () => {
    over.abort()
    await Promise.all(talking)
  })
  const kept = stack.move()
  return { watched, [Symbol.asyncDispose]: () => kept.disposeAsync() }
}

async function claim(launch: ConstructorParameters<typeof SimulatedSupervisor>[0]): Promise<SimulatedSupervisor> {
  const supervisor = new SimulatedSupervisor(launch)
  await supervisor.claim()
  return supervisor
}

async function talk(
  supervisor: SimulatedSupervisor,
  { everyMs, lines }: typeof TALK,
  over: AbortSignal,
): Promise<void> {
  const texts = (firstN: number) => Array.from({ length: lines }, (_, n) => `line ${firstN + n}: 3.3 V at net vdd`)
  for (let firstN = 1; !over.aborted; firstN += lines) {
    await supervisor.log(wireBatch(firstN, texts(firstN)))
    await sleep(everyMs)
  }
}

async function watching(system: System, jobId: string, count: number): Promise<AsyncDisposable> {
  await using stack = new AsyncDisposableStack()
  const open = async (door: Door) => {
    const watcher = await door(system, jobId, () => undefined)
    stack.defer(() => watcher.leave())
  }
  for (let n = 0; n < count; n += OPENED_AT_ONCE) {
    const some = Array.from({ length: Math.min(OPENED_AT_ONCE, count - n) }, (_, i) => (i % 2 ? bySocket : byStream))
    await Promise.all(some.map(open))
  }
  const kept = stack.move()
  return { [Symbol.asyncDispose]: () => kept.disposeAsync() }
}
