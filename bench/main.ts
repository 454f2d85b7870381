/**
 * `npm run bench -- <name> [--json] [--rounds N]`: figures of the running system, each beside a floor that was measured in the
 * same run, in turns: machines are noisy, ratios are not. With --json the last lines are one JSON object for each.
 * `npm run bench -- plans [--jobs N]`: how statements reach their tables in a database with so many jobs (default: a million).
 */
import { parseArgs } from 'node:util'
import { artifacts } from './artifacts'
import { latency } from './latency'
import { lines } from './lines'
import { plans } from './plans'
import { type Figure, toJson, toTable } from './stats'
import { type System, withSystem } from './system'

const BENCHES: Record<string, { rounds: number; run: (system: System, rounds: number) => Promise<Figure | Figure[]> }> =
  {
    latency: { rounds: 40, run: latency },
    lines: { rounds: 10, run: lines },
    artifacts: { rounds: 3, run: artifacts },
  }

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean', default: false }, rounds: { type: 'string' }, jobs: { type: 'string' } },
})
const LIMIT_MS = 100
if (positionals[0] === 'plans') process.exit((await plans(Number(values.jobs ?? 1_000_000), LIMIT_MS)) ? 0 : 1)
const bench = BENCHES[positionals[0] ?? '']
if (!bench) {
  console.error(`Usage: npm run bench -- ${[...Object.keys(BENCHES), 'plans'].join(' | ')} [--json] [--rounds N]`)
  process.exit(2)
}
const figures = [await withSystem((system) => bench.run(system, Number(values.rounds ?? bench.rounds)))].flat()
for (const figure of figures) console.log(toTable(figure))
if (values.json) for (const figure of figures) console.log(toJson(figure))
