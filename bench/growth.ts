import { sql } from 'kysely'
import { claimAttempt } from '../core/attempts/claim-attempt'
import { finishAttempt } from '../core/attempts/finish-attempt'
import { recordExit } from '../core/attempts/record-exit'
import type { OrgId } from '../core/ids'
import { submissionSchema } from '../core/jobs/submission'
import { type SubmitCtx, submitJob } from '../core/jobs/submit-job'
import { placeJobs, requestPlacement } from '../core/placement/place-jobs'
import { IDENTITY, KEYS } from '../core/testing/fixtures'
import { type Db, openDatabase } from '../db/client'
import { fill } from './fill'
import { register, withFleet } from './fleet'
import { aSimulatedBox, type LaunchFile } from './simulated-box'
import { SimulatedSupervisor } from './simulated-supervisor'
import type { BenchOptions, Figure } from './stats'

const SIZES = [10, 100, 1_000].flatMap((boxes) =>
  [0, 1_000, 10_000].map((waiting) => ({ boxes, waiting, name: `${boxes}x${waiting}` })),
)
/** The largest of the four organisations of a filled database, and its share of everything. */
const ORG = 'org_fill1' as OrgId
const GROUP = 'group_fill1g0'
const SHARE = 0.6
const OVER = 5_000
const NEVER = '86400'
/** The boxes of a filled database answer nobody: nothing that a worker does by itself shall speak of them. */
const QUIET = {
  ...{ BOX_PROBE_SECONDS: NEVER, ATTEMPT_SILENT_AFTER_SECONDS: NEVER, ATTEMPT_LOST_AFTER_SECONDS: NEVER },
  ...{
    DISPATCH_LIMIT_SECONDS: NEVER,
    RETENTION_SWEEP_SECONDS: NEVER,
    CLEAN_UP_SECONDS: NEVER,
    LOG_PACK_AFTER_SECONDS: '0',
    UPLOAD_LIMIT_SECONDS: NEVER,
  },
}

type Measured = { passes: number[]; latencies: number[] }

/**
 * What grows with fleet and queue of an organisation: the time of a placement pass in which one box has become free, and that from a
 * submission to the launch on an idle box that this job alone fits. Floor: the same at the smallest size in the same run.
 */
export async function growth({ rounds, backend, profile, only }: BenchOptions): Promise<Figure[]> {
  const figures: Figure[] = []
  let floor: Measured | undefined
  for (const { boxes, waiting, name } of SIZES.filter(({ name }) => only?.includes(name) ?? true)) {
    const measured = await measure(boxes, waiting, rounds, { backend, profile })
    floor ??= measured
    figures.push(...figuresOf(name, `${boxes} boxes × ${waiting} waiting`, measured, floor))
  }
  return figures
}

function figuresOf(name: string, where: string, { passes, latencies }: Measured, floor: Measured): Figure[] {
  const floorWhat = 'the same at the smallest size of this run'
  const of = { unit: 'ms', floorWhat }
  return [
    {
      ...of,
      name: `growth-pass-${name}`,
      what: `a pass at ${where}`,
      aim: '≤ 150 ms',
      samples: passes,
      floor: floor.passes,
    },
    {
      ...of,
      name: `growth-latency-${name}`,
      what: `submit → launch at ${where}`,
      samples: latencies,
      floor: floor.latencies,
    },
  ]
}

type Where = Pick<BenchOptions, 'backend' | 'profile'>

async function measure(boxes: number, waiting: number, rounds: number, options: Where): Promise<Measured> {
  let passes: number[] = []
  let arrived: ((launch: LaunchFile) => void) | undefined
  const before = async (url: string) => {
    const [all, queued] = [Math.ceil(boxes / SHARE), Math.ceil(waiting / SHARE)]
    await fill(url, { jobs: all + queued + OVER, boxes: all, waiting: queued, outbox: 0 })
    const db = openDatabase(url)
    await settle(db)
    passes = await timedPasses(db, rounds)
    await leaveNewBoxesAlone(db)
    await leaveTheRestAlone(db)
    await db.destroy()
  }
  const addBoxes = async (ctx: SubmitCtx, stack: AsyncDisposableStack) => {
    const box = stack.use(await aSimulatedBox((launch) => arrived?.(launch)))
    await register({ ...ctx, orgId: ORG }, box.port, null, { bench: '1' })
  }
  const latencies = await withFleet({ ...options, before, addBoxes, env: QUIET }, async ({ ctx }) => {
    const next = () => new Promise<LaunchFile>((resolve) => (arrived = resolve))
    return await timedSubmissions({ ...ctx, orgId: ORG }, rounds, next)
  })
  return { passes, latencies }
}

/** No limit of what is on boxes has passed, and no box is to be probed: nothing ends or moves by itself. */
async function leaveTheRestAlone(db: Db): Promise<void> {
  const [now, later] = [new Date(), new Date(Date.now() + 1_000 * Number(NEVER))]
  const open = db.updateTable('attempts').where('phase', '<>', 'closed')
  await open.set({ placedAt: now, dispatchStartedAt: now, deadlineAt: later }).execute()
  await open.where('phase', '=', 'placed').set({ launchedAt: now }).execute()
  await open.where('phase', '=', 'exited').set({ exitedAt: now }).execute()
  await db.updateTable('jobs').where('finishedAt', 'is', null).set({ queueDeadlineAt: later }).execute()
  await db.updateTable('jobs').where('state', '=', 'running').set({ deadlineAt: later }).execute()
  await db.updateTable('boxes').set({ nextProbeAt: later }).execute()
  // other organisations have free boxes, and jobs that would be launched there in vain again and again
  await db.updateTable('boxes').where('orgId', '<>', ORG).set({ status: 'offline' }).execute()
}

/** A box that is added now fits none of the jobs that wait: those that took any box take one of a group's from here on. */
async function leaveNewBoxesAlone(db: Db): Promise<void> {
  await sql`update jobs set target_kind = 'group', target_id = ${GROUP}, queue_key = 'group:' || ${GROUP}::text,
      requirement_key = md5('group' || ${GROUP}::text || requires)
    where org_id = ${ORG} and state in ('queued', 'waiting_for_box') and target_kind = 'any'`.execute(db)
  await pass(db)
}

/** Every free box gets a job, and what waits has left `queued`: what follows are passes of a fleet at work. */
async function settle(db: Db): Promise<void> {
  for (let more = true; more; ) {
    more =
      (await db
        .selectFrom('jobs')
        .select('id')
        .where('orgId', '=', ORG)
        .where('state', '=', 'queued')
        .executeTakeFirst()) !== undefined
    await pass(db)
  }
}

async function pass(db: Db): Promise<number> {
  let took = Number.NaN
  await requestPlacement(db, [ORG])
  await placeJobs(db, ORG, (_, tookMs) => {
    took = tookMs
  })
  return took
}

async function timedPasses(db: Db, rounds: number): Promise<number[]> {
  const took: number[] = []
  for (let round = -3; round < rounds; round++) {
    await endOne(db)
    const ms = await pass(db)
    if (round >= 0) took.push(ms)
  }
  return took
}

/** A job on one of the boxes, if there is any left, runs and ends. It has no secrets, so any keys will do. */
async function endOne(db: Db): Promise<void> {
  const ofOrg = db.selectFrom('attempts').select(['jobId', 'attempt', 'phase']).where('orgId', '=', ORG)
  const open = await ofOrg.where('phase', 'in', ['claimed', 'placed']).limit(1).executeTakeFirst()
  if (!open) return
  const ref = { jobId: open.jobId, attempt: open.attempt }
  if (open.phase === 'placed') await claimAttempt(db, KEYS, ref, 'nonce', IDENTITY)
  await recordExit(db, ref, { exitCode: 0, signal: null, endedBy: 'script', durationMs: 5 })
  await finishAttempt(db, ref, 0, [])
}

async function timedSubmissions(ctx: SubmitCtx, rounds: number, next: () => Promise<LaunchFile>): Promise<number[]> {
  const submission = submissionSchema.parse({ script: 'print(1)', requires: ['bench=1'] })
  const took: number[] = []
  for (let round = -3; round < rounds; round++) {
    const launched = next()
    const began = performance.now()
    const { id } = await submitJob(ctx, submission)
    const launch = await launched
    if (launch.jobId !== id) throw new Error(`Job ${launch.jobId} was launched on the box of job ${id}`)
    if (round >= 0) took.push(performance.now() - began)
    using supervisor = new SimulatedSupervisor(launch)
    await supervisor.claim()
    await supervisor.exit()
    await supervisor.done(0)
  }
  return took
}
