import { sql, type Transaction } from 'kysely'
import type { Database, Job } from '../../db/schema'
import { IllegalTransition, NotFound, StaleAttempt } from '../errors'
import { type NewEvent, recordEvents } from '../events/record-events'
import type { BoxId, JobId } from '../ids'
import { dropSecrets } from './job-secrets'
import { type FailureClass, isTerminal, type JobEventType, type JobState, jobCan, TRANSITIONS } from './state'

/** Columns that come with an event; what is not given stays as it is. */
export type JobFacts = {
  boxId?: BoxId
  deadlineAt?: Date
  failureClass?: FailureClass
  exitCode?: number | null
  signal?: string | null
  error?: string | null
}

export type Happening = {
  type: JobEventType
  /** Who caused it: `user:…`, `token:…`, `box:…`, `sweep:…` or `placement`. */
  actor: string
  /** The attempt the sender speaks for; boxes and sweeps give it, people need not. */
  attempt?: number
  set?: JobFacts
  data?: Record<string, unknown>
}

/** What became of one happening: the job after it, or why it did not apply. */
type Outcome = { jobId: JobId; job: Job } | { jobId: JobId; refused: NotFound | StaleAttempt | IllegalTransition }

/**
 * Applies what happened to the job and records it, in the caller's transaction: the new state, the event and its outbox row
 * commit together or not at all. The row lock makes `seq` gapless per job.
 * @throws NotFound, IllegalTransition, or StaleAttempt when a box we gave up on speaks again
 */
export async function transition(tx: Transaction<Database>, jobId: JobId, happening: Happening): Promise<Job> {
  const [outcome] = await transitionMany(tx, [{ jobId, ...happening }])
  if (!outcome) throw new NotFound('job', jobId)
  if ('refused' in outcome) throw outcome.refused
  return outcome.job
}

/**
 * The same for a set of different jobs, in one statement each for lock, update and events. Those that can't take the step
 * are left as they are and say why; rows are locked in the order of their ids.
 */
export async function transitionMany(
  tx: Transaction<Database>,
  happenings: (Happening & { jobId: JobId })[],
): Promise<Outcome[]> {
  if (happenings.length === 0) return []
  const ids = happenings.map(({ jobId }) => jobId)
  const locked = await tx.selectFrom('jobs').selectAll().where('id', 'in', ids).orderBy('id').forUpdate().execute()
  const before = new Map(locked.map((job) => [job.id, job]))
  const checked = happenings.map((happening) => ({ happening, job: before.get(happening.jobId) }))
  const steps = checked.flatMap(({ happening, job }) =>
    job && !refusal(job, happening) ? [stepOf(job, happening)] : [],
  )
  const after = await applySteps(tx, steps)
  await recordEvents(
    tx,
    steps.map((step) => step.event),
  )
  await dropSecrets(
    tx,
    [...after.values()].filter((job) => isTerminal(job.state) && job.secretNames.length > 0).map(({ id }) => id),
  )
  return happenings.map((happening) => {
    const { jobId } = happening
    const job = before.get(jobId)
    if (!job) return { jobId, refused: new NotFound('job', jobId) }
    const refused = refusal(job, happening)
    return refused ? { jobId, refused } : { jobId, job: after.get(jobId) ?? job }
  })
}

/**
 * Records something that happened to a job without changing its state (its attempt exited late, its deadline moved).
 * @throws NotFound
 */
export async function recordJobEvent(
  tx: Transaction<Database>,
  jobId: JobId,
  event: Pick<NewEvent, 'type' | 'actor' | 'attempt' | 'data'>,
): Promise<void> {
  const { rows } = await sql<Pick<Job, 'lastSeq' | 'orgId'>>`
    update jobs set last_seq = last_seq + 1 where id = ${jobId} returning last_seq, org_id`.execute(tx)
  const job = rows[0]
  if (!job) throw new NotFound('job', jobId)
  await recordEvents(tx, [{ subject: jobId, seq: job.lastSeq, orgId: job.orgId, ...event }])
}

type Step = { id: JobId; state: JobState; attempt: number; lastSeq: number; facts: JobFacts; event: NewEvent }

function refusal(job: Job, { type, attempt }: Happening): StaleAttempt | IllegalTransition | undefined {
  if (attempt !== undefined && attempt !== job.attempt) return new StaleAttempt(job.id, attempt, job.attempt)
  if (!jobCan(type, job.state)) return new IllegalTransition(job.id, job.state, type)
  return undefined
}

function stepOf(job: Job, { type, actor, set = {}, data = {} }: Happening): Step {
  const state = TRANSITIONS[type].to
  const attempt = type === 'place' ? job.attempt + 1 : job.attempt
  const seq = job.lastSeq + 1
  const told = set.failureClass ? { failureClass: set.failureClass, ...data } : data
  const event = { subject: job.id, seq, orgId: job.orgId, type, state, actor, attempt: attempt || null, data: told }
  return { id: job.id, state, attempt, lastSeq: seq, facts: set, event }
}

async function applySteps(tx: Transaction<Database>, steps: Step[]): Promise<Map<JobId, Job>> {
  if (steps.length === 0) return new Map()
  const rows = steps.map(({ id, state, attempt, lastSeq, facts }) => ({
    id,
    state,
    attempt,
    last_seq: lastSeq,
    box_id: facts.boxId,
    deadline_at: facts.deadlineAt,
    failure_class: facts.failureClass,
    exit_code: facts.exitCode,
    signal: facts.signal,
    error: facts.error,
    begins: state === 'running',
    ends: isTerminal(state),
    // a job that waits again has forgotten its last try; the attempt remembers it
    keeps: state !== 'waiting_for_box',
  }))
  const updated = await sql<Job>`
    update jobs set
      state         = step.state,
      attempt       = step.attempt,
      last_seq      = step.last_seq,
      box_id        = case when keeps then coalesce(step.box_id, jobs.box_id) end,
      deadline_at   = case when keeps then coalesce(step.deadline_at, jobs.deadline_at) end,
      started_at    = case when begins then clock_timestamp() when keeps then jobs.started_at end,
      finished_at   = case when ends then clock_timestamp() end,
      failure_class = case when keeps then coalesce(step.failure_class, jobs.failure_class) end,
      exit_code     = case when keeps then coalesce(step.exit_code, jobs.exit_code) end,
      signal        = case when keeps then coalesce(step.signal, jobs.signal) end,
      error         = case when keeps then coalesce(step.error, jobs.error) end
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as step (id text, state text, attempt int, last_seq int,
      box_id text, deadline_at timestamptz, failure_class text, exit_code int, signal text, error text,
      begins boolean, ends boolean, keeps boolean)
    -- the planner takes any record set for a hundred rows, and would read the whole table to find them
    where jobs.id = step.id and jobs.id = any(${steps.map(({ id }) => id)})
    returning jobs.*`.execute(tx)
  return new Map(updated.rows.map((job) => [job.id, job]))
}
