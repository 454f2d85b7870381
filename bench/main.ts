/**
 * `npm run bench -- <name> [--json] [--rounds N]`: figures of the running system, each beside a floor that was measured in the
 * same run, in turns: machines are noisy, ratios are not. With --json the last lines are one JSON object a figure.
 * `--backend pg|redis`: what queues run on; `--profile <folder>`: of the worker's CPU (both where supervisors are simulated).
 * `npm run bench -- watchers --watchers 500`: how many follow a job's log (also of `memory`).
 * `npm run bench -- growth --only 10x0,1000x10000`: some of its sizes (boxes × waiting jobs), the first of which is the floor.
 * `npm run bench -- plans [--jobs N]`: how statements reach their tables in a database with so many jobs (default: a million).
 */
import { availableParallelism, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { artifacts } from './artifacts'
import { bulkLog } from './bulk-log'
import { growth } from './growth'
import { ingest } from './ingest'
import { latency } from './latency'
import { lines } from './lines'
import { memory } from './memory'
import { packedLog } from './packed-log'
import { pages } from './pages'
import { plans } from './plans'
import { python } from './python'
import { type BenchOptions, type Figure, toJson, toTable } from './stats'
import { supervisor } from './supervisor'
import { type System, withSystem } from './system'
import { throughput } from './throughput'
import { upload } from './upload'
import { watchers } from './watchers'

type Bench = { rounds: number; run: (options: BenchOptions) => Promise<Figure[]> }

/** Runs on the whole product, as `npm start` starts it. */
const whole =
  (measure: (system: System, rounds: number) => Promise<Figure | Figure[]>) =>
  async ({ rounds }: BenchOptions) =>
    [await withSystem((system) => measure(system, rounds))].flat()

const BENCHES: Record<string, Bench> = {
  latency: { rounds: 40, run: whole(latency) },
  lines: { rounds: 10, run: whole(lines) },
  artifacts: { rounds: 3, run: whole(artifacts) },
  upload: { rounds: 3, run: whole(upload) },
  supervisor: { rounds: 20, run: ({ rounds }) => supervisor(rounds) },
  throughput: { rounds: 3, run: throughput },
  python: { rounds: 3, run: python },
  ingest: { rounds: 4, run: ingest },
  'bulk-log': { rounds: 3, run: whole(bulkLog) },
  growth: { rounds: 20, run: growth },
  watchers: { rounds: 3, run: watchers },
  pages: { rounds: 10, run: pages },
  memory: { rounds: 30, run: memory },
  'packed-log': { rounds: 300, run: ({ rounds }) => packedLog(rounds) },
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    jobs: { type: 'string' },
    watchers: { type: 'string' },
    backend: { type: 'string', default: 'pg' },
    profile: { type: 'string' },
    only: { type: 'string' },
  },
})
const LIMIT_MS = 100
const numberOf = (text: string | undefined) => (text === undefined ? undefined : Number(text))
if (positionals[0] === 'plans') process.exit((await plans(Number(values.jobs ?? 1_000_000), LIMIT_MS)) ? 0 : 1)
const bench = BENCHES[positionals[0] ?? '']
const { backend, profile } = values
if (!bench || (backend !== 'pg' && backend !== 'redis')) {
  console.error(`Usage: npm run bench -- ${[...Object.keys(BENCHES), 'plans'].join(' | ')} [--json] [--rounds N]`)
  process.exit(2)
}
const figures = await bench.run({
  rounds: Number(values.rounds ?? bench.rounds),
  jobs: numberOf(values.jobs),
  watchers: numberOf(values.watchers),
  only: values.only?.split(','),
  ...{ backend, profile },
})
console.log(
  `load of this machine: ${loadavg()
    .map((load) => load.toFixed(1))
    .join(' ')}, ${availableParallelism()} cores`,
)
console.log(figures.map(toTable).join('\n\n'))
if (values.json) for (const figure of figures) console.log(toJson(figure))
