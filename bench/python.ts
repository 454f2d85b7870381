import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { JobId } from '../core/ids'
import { submissionSchema } from '../core/jobs/submission'
import { submitJob } from '../core/jobs/submit-job'
import { type Fleet, realBoxes, withFleet } from './fleet'
import type { BenchOptions, Figure } from './stats'

const BOXES = 8
const POLL_MS = 50
const SCRIPT = 'print(1)'

/**
 * Time a job with real Python: real runtimes, supervisors, guards and scripts on eight boxes, all of it on this machine. Floor: the
 * same script by a bare Python, eight at a time.
 */
export async function python({ rounds, backend, jobs = 80, profile }: BenchOptions): Promise<Figure[]> {
  const [samples, floor]: [number[], number[]] = [[], []]
  await withFleet({ backend, profile, addBoxes: realBoxes(BOXES) }, async (fleet) => {
    for (let round = -1; round < rounds; round++) {
      const bare = await msEach(jobs, async () => await spawned())
      const whole = await wholeJobs(fleet, jobs)
      if (round < 0) continue // warm-up
      floor.push(bare)
      samples.push(whole)
    }
  })
  const what = `time a job with real Python, ${jobs} on ${BOXES} boxes (${backend})`
  const floorWhat = `time a bare Python, ${BOXES} at a time`
  return [{ name: `python-${backend}`, what, floorWhat, aim: '≤ 6 of the floor', unit: 'ms', samples, floor }]
}

async function msEach(count: number, work: () => Promise<void>): Promise<number> {
  const began = performance.now()
  let left = count
  const worker = async () => {
    while (left-- > 0) await work()
  }
  await Promise.all(Array.from({ length: BOXES }, worker))
  return (performance.now() - began) / count
}

async function spawned(): Promise<void> {
  const child = spawn('/usr/bin/python3', ['-u', '-c', SCRIPT], { stdio: 'ignore' })
  const [code] = await once(child, 'exit')
  if (code !== 0) throw new Error(`Python ended with ${code}`)
}

async function wholeJobs({ ctx }: Fleet, jobs: number): Promise<number> {
  const began = performance.now()
  const submission = submissionSchema.parse({ script: SCRIPT })
  const ids: JobId[] = []
  for (let n = 0; n < jobs; n++) ids.push((await submitJob(ctx, submission)).id)
  for (;;) {
    const rows = await ctx.db
      .selectFrom('attempts')
      .innerJoin('jobs', 'jobs.id', 'attempts.jobId')
      .select('jobs.state')
      .where('jobs.id', 'in', ids)
      .where('attempts.phase', '=', 'closed')
      .execute()
    const bad = rows.find(({ state }) => state !== 'completed')
    if (bad) throw new Error(`A job is ${bad.state}`)
    if (rows.length === jobs) return (performance.now() - began) / jobs
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
}
