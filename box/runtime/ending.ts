import { setTimeout as delay } from 'node:timers/promises'
import type { Job } from './job'
import type { Timings } from './timings'

/** How long a process may take from closing its last pipe to being gone, before it counts as one that goes on, in ms. */
const EXIT_AFTER_PIPES_MS = 100

async function exitsWithin(job: Job, ms: number): Promise<boolean> {
  const limit = new AbortController()
  const late = delay(ms, false, { signal: limit.signal, ref: false }).catch(() => false)
  const outcome = await Promise.race([job.exited.then(() => true), late])
  limit.abort()
  return outcome
}

async function endInSteps(job: Job, graceMs: number, killGraceMs: number): Promise<void> {
  const steps = [
    ['SIGINT', graceMs],
    ['SIGTERM', killGraceMs],
    ['SIGKILL', killGraceMs],
  ] as const
  for (const [name, waitMs] of steps) {
    job.signal(name)
    if (await exitsWithin(job, waitMs)) return
  }
}

/**
 * Ends a script whose client went away: SIGINT, so that it can clean up. timeout(1) sends SIGKILL 5 s later; the steps
 * after that are for a command that runs without it, and for a timeout(1) that can't.
 */
export async function interruptJob(job: Job, timings: Timings): Promise<void> {
  await endInSteps(job, timings.interruptGraceMs, timings.killGraceMs)
  for (const { reader } of job.outputs) reader.destroy()
}

/** Waits for the exit of a job that nobody can hear any more; one that goes on after closing its pipes is ended. */
export async function exitAfterPipes(job: Job, timings: Timings): Promise<number> {
  if (!(await exitsWithin(job, EXIT_AFTER_PIPES_MS))) await endInSteps(job, timings.killGraceMs, timings.killGraceMs)
  return await job.exited
}
