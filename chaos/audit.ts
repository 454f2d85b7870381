import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { isTerminal } from '../core/jobs/state'
import { PackedLogs } from '../core/logs/packed-logs'
import { readRecords } from '../core/logs/read-lines'
import type { LogRecord } from '../core/logs/records'
import { openObject } from '../core/store/open-object'
import type { Store } from '../core/store/store'
import type { Db } from '../db/client'
import type { Attempt, Job } from '../db/schema'
import { type Comparison, compareLog } from './compare-log'

/** What an audit reads: the record, and the folder where jobs wrote down what they did. */
export type Audited = { db: Db; store: Store; truth: string }
/** What a run left behind, compared with what the boxes wrote down. Every `problem` is one promise that was not kept. */
export type Audit = {
  problems: string[]
  jobs: number
  byEnd: Record<string, number>
  starts: number
  lines: number
  artifacts: number
  /** By attempt: `<job>-<attempt>`. */
  logs: Map<string, Pick<Comparison, 'lost' | 'repeats' | 'gaps'>>
}

type OfJob = Audited & {
  packedLogs: PackedLogs
  job: Job
  /** Its supervisor or guard was hit, or its box's disk was full. */
  excused: boolean
  found: Audit
  wrong: (what: string) => void
}

const KIND_ENDS: Record<string, string[]> = {
  plain: ['completed'],
  fails: ['failed/script'],
  slow: ['completed', 'timed_out'],
  impatient: ['completed', 'no_suitable_box'],
  cancelled: ['completed', 'cancelled'],
}
const EXCUSED_ENDS = ['failed/box_lost', 'failed/script', 'failed/artifacts', 'failed/dispatch']

/** @param excused attempts that may have lost something: `<job>-<attempt>` */
export async function audit(audited: Audited, excused: ReadonlySet<string>): Promise<Audit> {
  const none = { jobs: 0, byEnd: {}, starts: 0, lines: 0, artifacts: 0 }
  const found: Audit = { ...none, problems: [], logs: new Map() }
  const packedLogs = new PackedLogs(audited.store)
  const jobs = await audited.db.selectFrom('jobs').selectAll().orderBy('id').execute()
  found.jobs = jobs.length
  for (const job of jobs) {
    const end = job.failureClass ? `${job.state} (${job.failureClass})` : job.state
    found.byEnd[end] = (found.byEnd[end] ?? 0) + 1
    await auditJob({ ...audited, packedLogs }, job, excused, found)
  }
  for (const name of readdirSync(audited.truth)) {
    if (name.endsWith('.overlaps')) found.problems.push(`${name}: two attempts ran on one slot at once`)
  }
  return found
}

async function auditJob(
  audited: Audited & { packedLogs: PackedLogs },
  job: Job,
  excused: ReadonlySet<string>,
  found: Audit,
): Promise<void> {
  const { db } = audited
  const wrong = (what: string) => void found.problems.push(`${job.id} (${job.name}, ${job.state}): ${what}`)
  if (!isTerminal(job.state)) wrong('has not ended')
  const events = await db.selectFrom('events').selectAll().where('subject', '=', job.id).orderBy('seq').execute()
  if (events.some(({ seq }, index) => seq !== index + 1)) wrong('its events have gaps')
  const lastState = events.filter(({ state }) => state !== null).at(-1)?.state
  if (lastState !== job.state) wrong(`its events end in ${lastState}`)
  const attempts = await db.selectFrom('attempts').selectAll().where('jobId', '=', job.id).orderBy('attempt').execute()
  const isExcused = attempts.some(({ attempt }) => excused.has(`${job.id}-${attempt}`))
  const ofJob = { ...audited, job, excused: isExcused, found, wrong }
  explainEnd(ofJob)
  for (const attempt of attempts) await auditAttempt(ofJob, attempt)
}

/** Whether the end is one that this job may have had. */
function explainEnd({ job, excused, wrong }: OfJob): void {
  const end = job.failureClass ? `${job.state}/${job.failureClass}` : job.state
  const allowed = [...(KIND_ENDS[job.labels.chaos ?? ''] ?? []), ...(excused ? EXCUSED_ENDS : [])]
  if (!allowed.includes(end)) wrong(`ended as ${end}: ${job.error}`)
}

async function auditAttempt(of: OfJob, attempt: Attempt): Promise<void> {
  const { job, truth, found, wrong } = of
  const name = `${job.id}-${attempt.attempt}`
  const noted = (kind: string) => contentOf(path.join(truth, `${name}.${kind}`))
  if (attempt.phase !== 'closed') wrong(`attempt ${attempt.attempt} is ${attempt.phase}`)
  const starts = noted('starts').toString().split('\n').length - 1
  found.starts += starts
  if (starts > 1) wrong(`attempt ${attempt.attempt} started ${starts} times`)
  if (starts === 1 && attempt.claimedAt === null) wrong(`attempt ${attempt.attempt} ran without a claim`)
  await auditLog(of, attempt, name, noted('out'), noted('ends').length > 0)
  if (job.state === 'completed' && attempt.attempt === job.attempt) await auditArtifacts(of, name)
}

/** @param ended the script came to its own end: nothing of what it noted may be missing */
async function auditLog(of: OfJob, { attempt }: Attempt, name: string, printed: Buffer, ended: boolean): Promise<void> {
  const { db, packedLogs, job, excused, found, wrong } = of
  const records: LogRecord[] = []
  for await (const record of readRecords({ db, packedLogs }, { jobId: job.id, attempt }, 1)) records.push(record)
  const log = compareLog(name, printed, records)
  found.logs.set(name, log)
  found.lines += log.lines
  if (log.gaps > 0 && !excused) wrong(`attempt ${attempt} has ${log.gaps} counted gaps`)
  if (log.repeats > 0) wrong(`attempt ${attempt}: ${log.repeats} lines are kept twice`)
  if (!log.inOrder) wrong(`attempt ${attempt}: what is kept is not what was printed, in order`)
  // a script that is ended between noting a line and printing it has noted one more
  const lost = Math.max(0, log.lost - (ended ? 0 : 1))
  if (lost > 0 && !excused) wrong(`attempt ${attempt}: ${lost} lines are neither kept nor counted`)
  if (ended && !excused && log.missingBytes > 0)
    wrong(`attempt ${attempt}: its last ${log.missingBytes} bytes are missing`)
}

async function auditArtifacts({ db, store, job, found, wrong }: OfJob, name: string): Promise<void> {
  const kept = await db
    .selectFrom('artifacts')
    .selectAll()
    .where('jobId', '=', job.id)
    .where('attempt', '=', job.attempt)
    .execute()
  found.artifacts += kept.length
  const [file] = kept
  const states = kept.map(({ path: at, state }) => `${at} ${state}`).join(', ')
  if (states !== 'data.bin uploaded' || !file?.objectKey) return wrong(`its artifacts are: ${states || 'none'}`)
  const block = createHash('sha256').update(name).digest()
  const blocks = Math.floor(Number(job.args[3]) / block.length)
  const expected = createHash('sha256').update(Buffer.alloc(blocks * block.length, block))
  const actual = await sha256Of(store, file.objectKey).catch((error: Error) => error.message)
  if (actual !== expected.digest('hex')) wrong(`its artifact is not what it wrote: ${actual}`)
}

async function sha256Of(store: Store, key: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of await openObject(store, key)) hash.update(chunk as Buffer)
  return hash.digest('hex')
}

function contentOf(file: string): Buffer {
  return existsSync(file) ? readFileSync(file) : Buffer.alloc(0)
}
