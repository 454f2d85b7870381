/**
 * `npm run chaos -- --seed N --minutes M --backend pg|redis [--jobs 50] [--short]`: the real system on ports of its own, jobs at every
 * state, and faults by a plan that the seed makes. At the end the record is compared with what the boxes wrote down; exit code 1
 * when a promise was not kept.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { until } from '../embedded/process'
import { type Audit, audit } from './audit'
import { chaosJobs } from './jobs'
import { Random } from './random'
import { reportOf } from './report'
import { breakThings, type Struck } from './storm'
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

async function run(): Promise<boolean> {
  const dir = mkdtempSync(path.join(tmpdir(), 'stout-chaos-'))
  say(`seed ${seed}, ${minutes} min, ${values.backend}, ${count} jobs at a time; in ${dir}`)
  const random = new Random(seed)
  await using system = await startSystem(dir, values.backend as Backend, say)
  const endsAt = Date.now() + minutes * 60_000
  const struck: Struck[] = []
  const submitting = (async () => {
    do {
      const open = await system.db.selectFrom('attempts').select('attempt').where('phase', '<>', 'closed').execute()
      const waiting = await system.db
        .selectFrom('jobs')
        .select('id')
        .where('state', 'in', ['queued', 'waiting_for_box'])
        .execute()
      const wanted = Math.max(0, count - open.length - waiting.length)
      for (const { body, cancelAfterSeconds } of chaosJobs(random, wanted, system.truth)) {
        const { id } = (await system.api('POST', '/jobs', body)) as { id: string }
        if (cancelAfterSeconds !== null)
          setTimeout(
            () => void system.api('POST', `/jobs/${id}/cancel`, { reason: 'chaos' }).catch(() => undefined),
            cancelAfterSeconds * 1_000,
          )
      }
      await new Promise((resolve) => setTimeout(resolve, 1_000))
    } while (Date.now() < endsAt && !values.short)
  })()
  const durations = values.short ? { stoppedMs: 4_000, lineMs: 2_500 } : { stoppedMs: 15_000, lineMs: 8_000 }
  await breakThings(system, random, durations, endsAt, struck, say)
  await submitting
  say('nothing breaks any more; waiting for the last ends')
  const isOver = async () => {
    const { open } = await system.db
      .selectFrom('jobs')
      .select((eb) => eb.fn.countAll<number>().as('open'))
      .where('state', 'in', ['queued', 'waiting_for_box', 'dispatching', 'running', 'uploading_artifacts'])
      .executeTakeFirstOrThrow()
    const leases = await system.db.selectFrom('leases').select('slot').execute()
    const outbox = await system.db.selectFrom('outbox').select('seq').execute()
    return Number(open) === 0 && leases.length === 0 && outbox.length === 0
  }
  await until(isOver, PATIENCE_MS, 250)
  const hit = new Set(struck.flatMap(({ attempts }) => attempts))
  const found = await settledAudit(system, hit)
  console.log(reportOf(struck, found))
  if (!values.keep && found.problems.length === 0) setTimeout(() => rmSync(dir, { recursive: true, force: true }), 0)
  else say(`kept for a look: ${dir}`)
  return found.problems.length === 0
}

/** Locks are released and folders removed a moment after the end: looks again until nothing is wrong, or it has waited long enough. */
async function settledAudit(system: ChaosSystem, hit: ReadonlySet<string>): Promise<Audit> {
  const endsAt = Date.now() + 20_000
  for (;;) {
    const found = await audit(system, hit)
    if (found.problems.length === 0 || Date.now() > endsAt) return found
    await new Promise((resolve) => setTimeout(resolve, 1_000))
  }
}

const good = await run()
process.exitCode = good ? 0 : 1
