import { type Durations, type Fault, planFaults } from './faults/plan'
import { type Delays, liveJobs, type Met, untilAllMoved } from './progress'
import type { Random } from './random'
import type { ChaosSystem } from './system'

/** A fault that happened: what it met, what may have paid for it, and how long things stood still. */
export type Struck = {
  fault: string
  met: Met[]
  /** Attempts that may have lost something by it: `<job>-<attempt>`. */
  excused: string[]
  /** From its end (a kill: its beginning) on. */
  delays: Delays
  limitMs: number
}

const CALM_MS = 1_500

/** Breaks one thing after another until `endsAt`, and notes what it met. At least one fault strikes. */
export async function breakThings(
  system: ChaosSystem,
  random: Random,
  durations: Durations,
  endsAt: number,
  say: (line: string) => void,
): Promise<Struck[]> {
  const struck: Struck[] = []
  let plan: Fault[] = []
  do {
    await sleep(CALM_MS)
    if (plan.length === 0) plan = planFaults(system, random)
    const fault = plan.pop()
    if (fault) struck.push(await strike(system, fault, durations, say))
  } while (Date.now() < endsAt)
  return struck
}

async function strike(
  { db }: ChaosSystem,
  fault: Fault,
  durations: Durations,
  say: (line: string) => void,
): Promise<Struck> {
  const met = await liveJobs(db)
  const byState = Map.groupBy(met, ({ state }) => state)
  say(`${fault.name}: ${[...byState].map(([state, jobs]) => `${jobs.length} ${state}`).join(', ')}`)
  const excused = await fault.strike()
  if (fault.lasts) await sleep(durations[fault.lasts])
  excused.push(...(await fault.heal()))
  return { fault: fault.name, met, excused, delays: await untilAllMoved(db, met), limitMs: fault.limitMs }
}

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))
