import { submissionSchema } from '../core/jobs/submission'
import { submitJob } from '../core/jobs/submit-job'
import { wireBatch } from '../core/testing/batches'
import { openLog } from '../worker/log'
import { openQueues } from '../worker/queues'
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
 * same queues on the same backend.
 */
export async function throughput({ rounds, backend, jobs = 5_000, profile }: BenchOptions): Promise<Figure[]> {
  const floor: number[] = []
  const samples: number[] = []
  let done: (() => void) | undefined
  const launched = (launch: LaunchFile) => void live(launch).then(() => done?.(), told)
  const before = async (queueEnv: QueueEnv) => void floor.push(await noOps(queueEnv, jobs))
  await withFleet({ backend, profile, addBoxes: simulatedBoxes(BOXES, launched), before }, async (fleet) => {
    for (let round = 0; round < rounds; round++) {
      samples.push(
        await wholeLives(fleet, jobs, (onDone) => {
          done = onDone
        }),
      )
    }
  })
  const what = `jobs a second through their whole life, ${jobs} on ${BOXES} boxes (${backend})`
  return [
    {
      name: `throughput-${backend}`,
      what,
      aim: AIMS[backend],
      floorWhat: 'deliveries a second that do nothing',
      unit: 'jobs/s',
      samples,
      floor,
    },
  ]
}

const told = (error: Error) => console.error(`A supervisor failed: ${error.message}`)

async function wholeLives({ ctx }: Fleet, jobs: number, onDone: (done: () => void) => void): Promise<number> {
  const submission = submissionSchema.parse({ script: 'print(1)' })
  let left = jobs
  const all = new Promise<void>((resolve) => {
    onDone(() => {
      if (--left === 0) resolve()
    })
  })
  const began = performance.now()
  let toSubmit = jobs
  const submitter = async () => {
    while (toSubmit-- > 0) await submitJob(ctx, submission)
  }
  await Promise.all([all, ...Array.from({ length: SUBMITTERS }, submitter)])
  const seconds = (performance.now() - began) / 1_000
  await allCompleted(ctx)
  return jobs / seconds
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

async function live(launch: LaunchFile): Promise<void> {
  using supervisor = new SimulatedSupervisor(launch)
  await supervisor.claim()
  await supervisor.log(BATCH)
  await supervisor.exit()
  await supervisor.done(LINES)
}

async function noOps(queueEnv: QueueEnv, deliveries: number): Promise<number> {
  const queues = await openQueues(queueEnv, openLog('silent'))
  let left = deliveries
  const all = new Promise<void>((resolve) => {
    queues.work('dispatch', FLOOR_CONCURRENCY, async () => {
      if (--left === 0) resolve()
    })
  })
  const began = performance.now()
  let toAdd = deliveries
  const adder = async () => {
    for (let n = toAdd--; n > 0; n = toAdd--)
      await queues.add('dispatch', { jobId: `job_${n}`, attempt: 1 }, { id: `noop-${n}` })
  }
  await Promise.all([all, ...Array.from({ length: SUBMITTERS }, adder)])
  const seconds = (performance.now() - began) / 1_000
  await queues.close()
  return deliveries / seconds
}
