import type { JobState } from '../core/jobs/state'
import { type Durations, type Fault, lasts, planFaults } from './faults'
import type { Random } from './random'
import type { ChaosSystem } from './system'

/** A fault that happened: what it met, and how long it took until anything moved again. */
export type Struck = {
  fault: string
  /** How many jobs were in which state when it struck. */
  met: Partial<Record<JobState, number>>
  /** Attempts that may have lost something by it. */
  attempts: string[]
  /** From its end (a kill: its beginning) to the next event or line; null when nothing was left to do. */
  delayMs: number | null
}

const CALM_MS = 1_500
const POLL_MS = 50
/** No progress for so long after a fault is told as it is. */
const GIVE_UP_MS = 90_000

/** Breaks one thing after another until `endsAt`, and notes what it met. At least one fault strikes. */
export async function breakThings(
  system: ChaosSystem,
  random: Random,
  durations: Durations,
  endsAt: number,
  struck: Struck[],
  say: (line: string) => void,
): Promise<void> {
  let plan: Fault[] = []
  do {
    await sleep(CALM_MS)
    if (plan.length === 0) plan = planFaults(system, random)
    const fault = plan.pop()
    if (!fault) return
    const met = await statesOf(system)
    say(
      `${fault.name}: ${Object.entries(met)
        .map(([state, jobs]) => `${jobs} ${state}`)
        .join(', ')}`,
    )
    const attempts = await fault.strike()
    if (lasts(fault)) await sleep(/^stop/.test(fault.name) ? durations.stoppedMs : durations.lineMs)
    await fault.heal()
    const delayMs = await untilProgress(system)
    struck.push({ fault: fault.name, met, attempts: fault.costs === 'attempt' ? attempts : [], delayMs })
  } while (Date.now() < endsAt)
}

async function statesOf({ db }: ChaosSystem): Promise<Struck['met']> {
  const rows = await db
    .selectFrom('jobs')
    .select(['state', (eb) => eb.fn.countAll<number>().as('jobs')])
    .where('state', 'in', ['queued', 'waiting_for_box', 'dispatching', 'running', 'uploading_artifacts'])
    .groupBy('state')
    .execute()
  return Object.fromEntries(rows.map(({ state, jobs }) => [state, Number(jobs)]))
}

/** Milliseconds until an event or a line is new; null when no job is left that could make one. */
async function untilProgress(system: ChaosSystem): Promise<number | null> {
  const since = performance.now()
  const before = await progressOf(system)
  for (;;) {
    const now = await progressOf(system)
    if (now > before) return performance.now() - since
    if (Object.keys(await statesOf(system)).length === 0) return null
    if (performance.now() - since > GIVE_UP_MS) return GIVE_UP_MS
    await sleep(POLL_MS)
  }
}

async function progressOf({ db }: ChaosSystem): Promise<number> {
  const { events } = await db
    .selectFrom('events')
    .select((eb) => eb.fn.countAll<number>().as('events'))
    .executeTakeFirstOrThrow()
  const { lines } = await db
    .selectFrom('logHeads')
    .select((eb) => eb.fn.sum<number>('lastN').as('lines'))
    .executeTakeFirstOrThrow()
  return Number(events) + Number(lines ?? 0)
}

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))
