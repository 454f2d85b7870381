import { bareNext } from './bare'
import { type Browsing, type Vitals, vitalsOf, withBrowser } from './browser'
import { listInteractions } from './list-interactions'
import { longLog } from './long-log'
import type { BenchOptions, Figure } from './stats'
import { type System, withSystem } from './system'
import { pagePaths, visitAll } from './visits'

const LINES = 200
const SCRIPT = `for n in range(${LINES}): print("line", n)`
const LONG_LOG = 'log'
const LIST = 'list'

/**
 * Pages of the production build in Chromium, each time with nothing in its caches: largest contentful paint, code, and layout
 * shifts. Floor: bare Next with one page, in turns. Then interactions with the list of jobs while it moves, and the log of a million
 * lines. `--only log,jobs,…` takes some of them.
 */
export async function pages({ rounds, jobs = 2_000, only }: BenchOptions): Promise<Figure[]> {
  const wanted = (name: string) => only?.includes(name) ?? true
  const measure = async (system: System) => {
    const { id } = await system.submit({ script: SCRIPT, target: { box: system.box.name } })
    await system.completed(id)
    const all = await pagePaths(system, id)
    await visitAll(system, all)
    const paths = Object.entries(all).filter(([name]) => wanted(name))
    return await withBrowser(system, async (browsing) => [
      ...(paths.length > 0 ? await loads(browsing, paths, rounds) : []),
      ...(wanted(LONG_LOG) ? await longLog(system, browsing, id, rounds) : []),
      ...(wanted(LIST) ? await listInteractions(system, browsing, jobs, rounds) : []),
    ])
  }
  return await withSystem(measure, { BOX_INSPECT_SECONDS: '0' }) // simulated boxes run nothing that could look around
}

async function loads(browsing: Browsing, paths: [name: string, path: string][], rounds: number): Promise<Figure[]> {
  await using bare = await bareNext()
  const floor: Vitals[] = []
  const measured = new Map<string, Vitals[]>(paths.map(([name]) => [name, []]))
  for (let round = -1; round < rounds; round++) {
    const nothing = await browsing.fresh((page) => vitalsOf(page, bare.url))
    if (round >= 0) floor.push(nothing)
    for (const [name, path] of paths) {
      const vitals = await browsing.fresh((page) => vitalsOf(page, path), name !== 'sign-in')
      if (round >= 0) measured.get(name)?.push(vitals) // before that: warm-up
    }
  }
  return [...measured].flatMap(([name, vitals]) => figuresOf(name, vitals, floor))
}

function figuresOf(name: string, vitals: Vitals[], floor: Vitals[]): Figure[] {
  const figure = (short: string, what: string, unit: string, aim: string, of: (one: Vitals) => number): Figure => ({
    ...{ name: `pages-${short}-${name.replace(' ', '-')}`, what: `${name}: ${what}`, unit, aim },
    ...{ floorWhat: 'bare Next with one page', samples: vitals.map(of), floor: floor.map(of) },
  })
  return [
    figure('lcp', 'largest contentful paint', 'ms', '≤ 1000 ms', ({ lcpMs }) => lcpMs),
    figure('code', 'code, as it was sent', 'KB', '≤ 250 KB', ({ scriptBytes }) => scriptBytes / 1_000),
    figure('cls', 'layout shifts', 'windows', '≤ 0.02', ({ cls }) => cls),
  ]
}
