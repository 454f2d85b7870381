import { type Durations, type Fault, planFaults } from './faults/plan'
import { liveJobs, type Met, type Moved, untilAllMoved } from './progress'
import type { Random } from './random'
import type { ChaosSystem } from './system'

/** A fault that happened: what it met, what may have paid for it, and how long things stood still. */
export type Struck = {
  fault: string
  met: Met[]
  /** Attempts that may have lost something by it: `<job>-<attempt>`. */
  excused: string[]
  /** When each of them moved again, from its end (a kill: its beginning) on, and when it should have. */
  moved: (Moved & { limitMs: number })[]
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
  const limits = new Map<string, number>()
  let plan: Fault[] = []
  do {
    await sleep(CALM_MS)
    if (plan.length === 0) plan = planFaults(system, random)
    const fault = plan.pop()
    if (fault) struck.push(await strike(system, fault, durations, limits, say))
  } while (Date.now() < endsAt)
  return struck
}

/** @param limits of attempts whose supervisor or box an earlier fault may have killed: theirs still holds; this fault adds its own */
async function strike(
  { db }: ChaosSystem,
  fault: Fault,
  durations: Durations,
  limits: Map<string, number>,
  say: (line: string) => void,
): Promise<Struck> {
  const met = await liveJobs(db)
  const byState = Map.groupBy(met, ({ state }) => state)
  say(`${fault.name}: ${[...byState].map(([state, jobs]) => `${jobs.length} ${state}`).join(', ')}`)
  const excused = await fault.strike()
  if (fault.lasts) await sleep(durations[fault.lasts])
  excused.push(...(await fault.heal()))
  for (const name of excused) limits.set(name, Math.max(limits.get(name) ?? 0, fault.limitMs))
  const limitOf = ({ jobId, attempt }: Met) => Math.max(fault.limitMs, limits.get(`${jobId}-${attempt}`) ?? 0)
  const moved = (await untilAllMoved(db, met)).map((one) => ({ ...one, limitMs: limitOf(one) }))
  return { fault: fault.name, met, excused, moved }
}

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))
