import { submissionSchema } from '../core/jobs/submission'
import { submitJob } from '../core/jobs/submit-job'
import { wireBatch } from '../core/testing/batches'
import { openLog } from '../worker/log'
import { openQueues } from '../worker/queues'
import { type CpuTimes, cpuReader } from './cpu'
import { type Fleet, type QueueEnv, simulatedBoxes, withFleet } from './fleet'
import type { LaunchFile } from './simulated-box'
import { SimulatedSupervisor } from './simulated-supervisor'
import type { BenchOptions, Figure } from './stats'

const AIMS: Record<BenchOptions['backend'], string> = { pg: '≥ 150 jobs/s', redis: '≥ 250 jobs/s' }
const BOXES = 50
const LINES = 10
/** People and scripts that submit at the same time. */
const SUBMITTERS = 8
const FLOOR_CONCURRENCY = 32
const BATCH = wireBatch(
  1,
  Array.from({ length: LINES }, (_, n) => `line ${n} of a short test`),
)

/**
 * Jobs a second through their whole life: submitted (by the verb that REST calls: the web process would be a bench of Next),
 * placed, dispatched, claimed, ten lines, exit, done. Postgres, queues, worker and box API are real, and so are the requests to
 * the boxes and from them; supervisors are simulated, so that no Python is measured. Floor: deliveries that do nothing, by the
 * same queues on another database of the same server (or another Redis), in turns. CPU time stands beside, since a shared machine
 * changes it far less than the rate.
 */
export async function throughput({ rounds, backend, jobs = 5_000, profile }: BenchOptions): Promise<Figure[]> {
  const [whole, bare]: [Round[], Round[]] = [[], []]
  let done: (() => void) | undefined
  const launched = (launch: LaunchFile) => void wholeLife(launch).then(() => done?.(), told)
  await withFleet({ backend, profile, addBoxes: simulatedBoxes(BOXES, launched) }, async (fleet) => {
    const cpu = await cpuReader(fleet.ctx.db, fleet.worker.pid)
    for (let round = 0; round < rounds; round++) {
      bare.push(await measured(jobs, cpu, () => noOps(fleet.floorEnv, jobs)))
      whole.push(await measured(jobs, cpu, () => wholeLives(fleet, jobs, (onDone) => (done = onDone))))
    }
  })
  return figuresOf(`${jobs} on ${BOXES} boxes (${backend})`, backend, whole, bare)
}

type Round = { perSecond: number; cpuMs: CpuTimes }

async function measured(count: number, cpu: () => CpuTimes, run: () => Promise<void>): Promise<Round> {
  const [before, began] = [cpu(), performance.now()]
  await run()
  const [after, seconds] = [cpu(), (performance.now() - began) / 1_000]
  const each = (who: keyof CpuTimes) => (after[who] - before[who]) / count
  return {
    perSecond: count / seconds,
    cpuMs: { worker: each('worker'), postgres: each('postgres'), bench: each('bench') },
  }
}

function figuresOf(where: string, backend: BenchOptions['backend'], whole: Round[], bare: Round[]): Figure[] {
  const cpu = (who: keyof CpuTimes, floorWho: keyof CpuTimes): Figure => ({
    ...{ name: `throughput-cpu-${who}-${backend}`, what: `CPU time a job of the ${who}, ${where}`, unit: 'ms' },
    floorWhat: `of ${floorWho === 'bench' ? 'the process that delivers' : floorWho} for a delivery that does nothing`,
    samples: whole.map(({ cpuMs }) => cpuMs[who]),
    floor: bare.map(({ cpuMs }) => Math.max(0.01, cpuMs[floorWho])),
  })
  const rate = (rounds: Round[]) => rounds.map(({ perSecond }) => perSecond)
  const name = `throughput-${backend}`
  const what = `jobs a second through their whole life, ${where}`
  const floorWhat = 'deliveries a second that do nothing'
  return [
    { name, what, floorWhat, unit: 'jobs/s', aim: AIMS[backend], samples: rate(whole), floor: rate(bare) },
    cpu('worker', 'bench'),
    cpu('postgres', 'postgres'),
  ]
}

const told = (error: Error) => console.error(`A supervisor failed: ${error.message}`)

async function wholeLives({ ctx }: Fleet, jobs: number, onDone: (done: () => void) => void): Promise<void> {
  const submission = submissionSchema.parse({ script: 'print(1)' })
  let left = jobs
  const all = new Promise<void>((resolve) => {
    onDone(() => {
      if (--left === 0) resolve()
    })
  })
  let toSubmit = jobs
  const submitter = async () => {
    while (toSubmit-- > 0) await submitJob(ctx, submission)
  }
  await Promise.all([all, ...Array.from({ length: SUBMITTERS }, submitter)])
  await allCompleted(ctx)
}

/** @throws Error when a job has not completed at its first attempt */
async function allCompleted({ db, orgId }: Fleet['ctx']): Promise<void> {
  const others = await db
    .selectFrom('jobs')
    .select(['id', 'state', 'attempt'])
    .where('orgId', '=', orgId)
    .where((eb) => eb.or([eb('state', '<>', 'completed'), eb('attempt', '<>', 1)]))
    .execute()
  if (others.length > 0) throw new Error(`${others.length} jobs went another way, e.g. ${JSON.stringify(others[0])}`)
}

/** Plays the supervisor of a job that prints ten lines and ends well. */
export async function wholeLife(launch: LaunchFile): Promise<void> {
  using supervisor = new SimulatedSupervisor(launch)
  await supervisor.claim()
  await supervisor.log(BATCH)
  await supervisor.exit()
  await supervisor.done(LINES)
}

async function noOps(queueEnv: QueueEnv, deliveries: number): Promise<void> {
  const queues = await openQueues(queueEnv, openLog('silent'))
  let left = deliveries
  const all = new Promise<void>((resolve) => {
    queues.work('dispatch', FLOOR_CONCURRENCY, async () => {
      if (--left === 0) resolve()
    })
  })
  let toAdd = deliveries
  const adder = async () => {
    for (let n = toAdd--; n > 0; n = toAdd--)
      await queues.add('dispatch', { jobId: `job_${n}`, attempt: 1 }, { id: `noop-${n}` })
  }
  await Promise.all([all, ...Array.from({ length: SUBMITTERS }, adder)])
  await queues.close()
}
