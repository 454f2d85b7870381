/**
 * `npm run chaos -- --seed N --minutes M --backend pg|redis [--jobs 50] [--short] [--keep]`: the real system on ports of its own,
 * jobs at every state, and faults by a plan that the seed makes. At the end the record is compared with what the boxes wrote down;
 * exit code 1 when a promise was not kept. `--short`: short faults; `--keep`: all files stay.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { until } from '../embedded/process'
import { type Audit, audit } from './audit'
import { again } from './disks'
import { leftovers } from './leftovers'
import { keepBusy } from './load'
import { liveJobs } from './progress'
import { Random } from './random'
import { lateProgress, reportOf } from './report'
import { breakThings } from './storm'
import { type Backend, type ChaosSystem, startSystem } from './system'

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Date.now() % 100_000) },
    minutes: { type: 'string', default: '2' },
    backend: { type: 'string', default: 'pg' },
    jobs: { type: 'string', default: '50' },
    short: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
  },
})
const [seed, minutes, count] = [Number(values.seed), Number(values.minutes), Number(values.jobs)]
if (![seed, minutes, count].every(Number.isFinite) || !['pg', 'redis'].includes(values.backend)) {
  console.error('Usage: npm run chaos -- --seed N --minutes M --backend pg|redis [--jobs 50] [--short] [--keep]')
  process.exit(2)
}
const say = (line: string) => console.log(`${new Date().toISOString().slice(11, 19)} ${line}`)
/** All ends and everything quiet: the longest limit, twice. */
const PATIENCE_MS = 120_000
/** Locks are released, folders removed and logs packed a moment after the end. */
const SETTLING_MS = 30_000
const DURATIONS = values.short ? { stoppedMs: 4_000, brokenMs: 2_500 } : { stoppedMs: 15_000, brokenMs: 8_000 }

/** @returns the promises that were not kept */
async function storm(dir: string): Promise<string[]> {
  await using system = await startSystem(dir, values.backend as Backend, say)
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, async () => {
      await system[Symbol.asyncDispose]()
      process.exit(130)
    })
  }
  if (!system.storeDisk) say('Linux refuses file systems of our own: no disk will be full')
  const random = new Random(seed)
  const endsAt = Date.now() + minutes * 60_000
  const submitting = keepBusy(system, new Random(seed + 1), count, () => Date.now() < endsAt)
  const struck = await breakThings(system, random, DURATIONS, endsAt, say)
  await submitting
  say('nothing breaks any more; waiting for the last ends')
  await until(async () => (await liveJobs(system.db)).length === 0, PATIENCE_MS, 250)
  const excused = new Set(struck.flatMap((one) => one.excused))
  await until(async () => (await leftovers(system, excused)).length === 0, SETTLING_MS, 1_000)
  const found = await settledAudit(system, excused)
  const problems = [...found.problems, ...(await leftovers(system, excused)), ...lateProgress(struck)]
  console.log(`\n${reportOf(struck, found, problems)}`)
  return problems
}

/** Looks again while something is wrong, as long as it may still come right. */
async function settledAudit(system: ChaosSystem, excused: ReadonlySet<string>): Promise<Audit> {
  const endsAt = Date.now() + SETTLING_MS
  for (;;) {
    const found = await audit(system, excused)
    if (found.problems.length === 0 || Date.now() > endsAt) return found
    await new Promise((resolve) => setTimeout(resolve, 1_000))
  }
}

async function main(): Promise<number> {
  const elsewhere = await again()
  if (elsewhere !== null) return elsewhere
  const dir = mkdtempSync(path.join(tmpdir(), 'stout-chaos-'))
  say(`seed ${seed}, ${minutes} min, ${values.backend}, ${count} jobs at a time; in ${dir}`)
  const problems = await storm(dir)
  if (values.keep || problems.length > 0) say(`kept for a look: ${dir}`)
  else rmSync(dir, { recursive: true, force: true })
  return problems.length === 0 ? 0 : 1
}

process.exitCode = await main()
