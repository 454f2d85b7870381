import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { processes } from '../box/supervisor/testing/processes'
import { isTerminal } from '../core/jobs/state'
import { readRecords } from '../core/logs/read-lines'
import type { Attempt, Job } from '../db/schema'
import { BOX_TOKEN, type ChaosSystem } from './system'

/** What a run left behind, compared with what the boxes wrote down. Every `problem` is one promise that was not kept. */
export type Audit = {
  problems: string[]
  jobs: number
  byEnd: Record<string, number>
  starts: number
  lines: number
  gaps: number
  artifacts: number
}

/** @param mayBeLost attempts whose supervisor or guard was hit: `<job>-<attempt>` */
export async function audit(system: ChaosSystem, mayBeLost: ReadonlySet<string>): Promise<Audit> {
  const found: Audit = { problems: [], jobs: 0, byEnd: {}, starts: 0, lines: 0, gaps: 0, artifacts: 0 }
  const jobs = await system.db.selectFrom('jobs').selectAll().orderBy('id').execute()
  found.jobs = jobs.length
  for (const job of jobs) {
    const end = job.failureClass ? `${job.state} (${job.failureClass})` : job.state
    found.byEnd[end] = (found.byEnd[end] ?? 0) + 1
    await auditJob(system, job, mayBeLost, found)
  }
  for (const name of readdirSync(system.truth)) {
    if (name.endsWith('.overlaps')) found.problems.push(`${name}: two attempts ran on one slot at once`)
  }
  found.problems.push(...(await leftovers(system)))
  return found
}

async function auditJob(system: ChaosSystem, job: Job, mayBeLost: ReadonlySet<string>, found: Audit): Promise<void> {
  const { db } = system
  const wrong = (what: string) => found.problems.push(`${job.id} (${job.name}, ${job.state}): ${what}`)
  if (!isTerminal(job.state)) wrong('has not ended')
  const events = await db.selectFrom('events').selectAll().where('subject', '=', job.id).orderBy('seq').execute()
  if (events.some(({ seq }, index) => seq !== index + 1)) wrong('its events have gaps')
  const lastState = events.filter(({ state }) => state !== null).at(-1)?.state
  if (lastState !== job.state) wrong(`its events end in ${lastState}`)
  const attempts = await db.selectFrom('attempts').selectAll().where('jobId', '=', job.id).orderBy('attempt').execute()
  const hit = attempts.some(({ attempt }) => mayBeLost.has(`${job.id}-${attempt}`))
  explainEnd(job, hit, wrong)
  for (const attempt of attempts) await auditAttempt(system, job, attempt, hit, found, wrong)
}

/** Whether the end is one that this job may have had. */
function explainEnd(job: Job, hit: boolean, wrong: (what: string) => void): void {
  const kind = job.labels.chaos
  const expected: Record<string, string[]> = {
    plain: ['completed'],
    fails: ['failed/script'],
    slow: ['completed', 'timed_out'],
    impatient: ['completed', 'no_suitable_box'],
    cancelled: ['completed', 'cancelled'],
  }
  const end = job.failureClass ? `${job.state}/${job.failureClass}` : job.state
  const allowed = [
    ...(expected[kind ?? ''] ?? []),
    ...(hit ? ['failed/box_lost', 'failed/script', 'failed/artifacts'] : []),
  ]
  if (!allowed.includes(end)) wrong(`ended as ${end}: ${job.error}`)
}

async function auditAttempt(
  { db, packedLogs, truth }: ChaosSystem,
  job: Job,
  attempt: Attempt,
  hit: boolean,
  found: Audit,
  wrong: (what: string) => void,
): Promise<void> {
  const name = `${job.id}-${attempt.attempt}`
  const noted = (kind: string) => linesOf(path.join(truth, `${name}.${kind}`))
  if (attempt.phase !== 'closed') wrong(`attempt ${attempt.attempt} is ${attempt.phase}`)
  const starts = noted('starts').length
  found.starts += starts
  if (starts > 1) wrong(`attempt ${attempt.attempt} started ${starts} times`)
  if (starts === 1 && attempt.claimedAt === null) wrong(`attempt ${attempt.attempt} ran without a claim`)

  const told: string[] = []
  let gaps = 0
  for await (const record of readRecords({ db, packedLogs }, { jobId: job.id, attempt: attempt.attempt }, 1)) {
    if (record.gap) gaps++
    else if (record.stream === 'stdout') told.push(record.bytes.toString())
  }
  found.lines += told.length
  found.gaps += gaps
  if (gaps > 0 && !hit) wrong(`attempt ${attempt.attempt} has ${gaps} counted gaps`)
  const printed = noted('lines')
  const whole = noted('ends').length === 1 && !hit
  // a script that is ended between noting a line and printing it has noted one more
  const enough = whole ? told.length === printed.length : hit || told.length >= printed.length - 1
  const same = gaps > 0 ? isInOrder(told, printed) : told.every((line, index) => line === printed[index])
  if (!enough) wrong(`attempt ${attempt.attempt}: ${told.length} lines are kept of ${printed.length}`)
  if (!same) wrong(`attempt ${attempt.attempt}: its lines are not those that were printed, in order`)
  if (job.state === 'completed' && attempt.attempt === job.attempt) await auditArtifacts(db, job, name, found, wrong)
}

async function auditArtifacts(
  db: ChaosSystem['db'],
  job: Job,
  name: string,
  found: Audit,
  wrong: (what: string) => void,
): Promise<void> {
  const kept = await db
    .selectFrom('artifacts')
    .selectAll()
    .where('jobId', '=', job.id)
    .where('attempt', '=', job.attempt)
    .execute()
  const block = createHash('sha256').update(name).digest()
  const blocks = Math.floor(Number(job.args[3]) / block.length)
  const expected = createHash('sha256')
    .update(Buffer.alloc(blocks * block.length, block))
    .digest('hex')
  found.artifacts += kept.length
  const states = kept.map(({ path: file, state }) => `${file} ${state}`).join(', ')
  if (states !== 'data.bin uploaded') wrong(`its artifacts are: ${states || 'none'}`)
  else if (kept[0]?.sha256 !== expected) wrong('its artifact is not what it wrote')
}

/** True if `told` are some of `printed`, each once and in order. */
function isInOrder(told: string[], printed: string[]): boolean {
  let at = -1
  return told.every((line) => {
    at = printed.indexOf(line, at + 1)
    return at >= 0
  })
}

function linesOf(file: string): string[] {
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : []
}

/** What should be gone: leases, secrets, locks of boxes, processes, folders. */
async function leftovers({ db, boxes }: ChaosSystem): Promise<string[]> {
  const left: string[] = []
  const leases = await db.selectFrom('leases').selectAll().execute()
  left.push(...leases.map(({ jobId, attempt }) => `a lease of ${jobId}-${attempt} is left`))
  const outbox = await db.selectFrom('outbox').selectAll().execute()
  if (outbox.length > 0) left.push(`${outbox.length} events have not been sent on`)
  for (const { name, url, tmp } of boxes) {
    const lock = (await (await fetch(`${url}/lock`, { headers: { authorization: `Bearer ${BOX_TOKEN}` } })).json()) as {
      locked: boolean
      user?: string
    }
    if (lock.locked) left.push(`${name} is locked by ${lock.user}`)
    left.push(
      ...readdirSync(tmp)
        .filter((entry) => entry.startsWith('stout-job_'))
        .map((entry) => `${name} keeps ${entry}`),
    )
    const running = (await processes()).filter(
      ({ cmdline, state }) => state !== 'Z' && cmdline.includes(`${tmp}/stout-job_`),
    )
    left.push(...running.map(({ pid, cmdline }) => `${name} still runs ${pid}: ${cmdline.replaceAll('\0', ' ')}`))
  }
  return left
}
