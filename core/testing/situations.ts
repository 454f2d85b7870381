import { sql } from 'kysely'
import type { Db } from '../../db/client'
import { claimAttempt } from '../attempts/claim-attempt'
import { getAttempt } from '../attempts/control'
import { finishAttempt } from '../attempts/finish-attempt'
import { beat } from '../attempts/presence'
import { type Exit, recordExit } from '../attempts/record-exit'
import type { AttemptRef } from '../attempts/tokens'
import type { BoxId } from '../ids'
import { cancelJob } from '../jobs/cancel-job'
import { isTerminal } from '../jobs/state'
import type { SubmitCtx } from '../jobs/submit-job'
import { failLost, giveUpOverdue } from '../jobs/sweep-jobs'
import { aBox, aJob, anOrg, aPass, IDENTITY, KEYS, NO_STORE } from './fixtures'

/** A job with a secret, alone in its organisation with a box, and its first attempt, should there be one. */
export type Situation = { db: Db; ctx: SubmitCtx; ref: AttemptRef; boxId: BoxId }

export const NONCE = 'nonce'
export const WELL: Exit = { exitCode: 0, signal: null, endedBy: 'script', durationMs: 5 }
const BADLY: Exit = { ...WELL, exitCode: 1 }
export const LATE: Exit = { exitCode: null, signal: 'SIGKILL', endedBy: 'deadline', durationMs: 100_000 }
const ENDED: Exit = { exitCode: null, signal: 'SIGTERM', endedBy: 'cancel', durationMs: 5 }

type Way = (s: Situation) => Promise<unknown>
const claim: Way = ({ db, ref }) => claimAttempt(db, KEYS, ref, NONCE, IDENTITY)
const exit =
  (how: Exit): Way =>
  ({ db, ref }) =>
    recordExit(db, ref, how)
const done: Way = ({ db, ref }) => finishAttempt(db, ref, 0, [])
const place: Way = ({ ctx }) => aPass(ctx)
const cancel: Way = ({ ctx, ref }) => cancelJob(ctx, ref.jobId, 'enough')

/** Every state that a job can be in, and how real verbs bring it there. It drains: the job is over, its attempt is not. */
const WAYS = {
  queued: [],
  waiting_for_box: [place],
  dispatching: [place],
  running: [place, claim],
  uploading_artifacts: [place, claim, exit(WELL)],
  completed: [place, claim, exit(WELL), done],
  failed: [place, claim, exit(BADLY), done],
  'failed, drains': [place, claim, ({ db, ref }) => failLost(db, ref, 'no contact')],
  cancelled: [cancel],
  'cancelled, drains': [place, claim, cancel],
  'cancelled, has exited': [place, claim, cancel, exit(ENDED)],
  timed_out: [place, claim, exit(LATE), done],
  'timed_out, has exited': [place, claim, exit(LATE)],
  no_suitable_box: [place, passQueueDeadline, ({ db }) => giveUpOverdue(db)],
} satisfies Record<string, Way[]>
export type Where = keyof typeof WAYS
export const SITUATIONS = Object.keys(WAYS) as Where[]

/** A job that real verbs brought there. */
export async function aSituation(db: Db, where: Where): Promise<Situation> {
  const ctx = { ...(await anOrg(db)), keys: KEYS, store: NO_STORE }
  const boxId = await aBox(ctx)
  const waits = where === 'waiting_for_box' || where === 'no_suitable_box'
  const requires = waits ? ['dut=none'] : []
  const { id } = await aJob(ctx, { timeoutSeconds: 100, secrets: { PIN: 'hunter2!' }, requires })
  const situation = { db, ctx, boxId, ref: { jobId: id, attempt: 1 } }
  for (const step of WAYS[where]) await step(situation)
  return situation
}

export async function passQueueDeadline({ db, ref }: Situation): Promise<void> {
  await sql`update jobs set queue_deadline_at = now() where id = ${ref.jobId}`.execute(db)
}

/** Its script began 200 s ago, has run out of its 100 s, and its supervisor is in contact. */
export async function passDeadline({ db, ref }: Situation): Promise<void> {
  const ago = (seconds: number) => sql`now() - ${seconds} * interval '1 second'`
  await beat(db)
  await sql`update box_api_presence set listening_since_at = ${ago(300)}`.execute(db)
  await sql`update attempts set claimed_at = ${ago(200)}, deadline_at = ${ago(100)} where job_id = ${ref.jobId}`.execute(
    db,
  )
  await sql`update jobs set deadline_at = ${ago(100)} where id = ${ref.jobId}`.execute(db)
}

/** Lets the job come to its end: it is cancelled if it lives, and its box says that it is quiet. */
export async function drain({ db, ctx, ref }: Situation): Promise<void> {
  const { state, attempt } = await jobOf(db, ref)
  if (!isTerminal(state)) await cancelJob(ctx, ref.jobId, 'the test is over')
  for (let number = 1; number <= attempt; number++) {
    const of = { jobId: ref.jobId, attempt: number }
    if ((await getAttempt(db, of))?.phase === 'claimed') await recordExit(db, of, ENDED)
    if ((await getAttempt(db, of))?.phase === 'exited') await finishAttempt(db, of, 0, [])
  }
}

export async function jobOf(db: Db, { jobId }: AttemptRef) {
  return await db.selectFrom('jobs').selectAll().where('id', '=', jobId).executeTakeFirstOrThrow()
}
