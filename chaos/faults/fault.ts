import { startedAt } from '../../embedded/lock.mjs'

/** How long things stay broken. */
export type Durations = { stoppedMs: number; brokenMs: number }

/** Something that breaks, and how it is whole again. */
export type Fault = {
  name: string
  /** How long it lasts; null: it is over at once (what was killed is started again). */
  lasts: keyof Durations | null
  /** Everything it met has moved on so long after its end. */
  limitMs: number
  /** Breaks it; returns the attempts that may lose something by it, as `heal` does: `<job>-<attempt>`. */
  strike(): Promise<string[]>
  heal(): Promise<string[]>
}

const LIMIT_MS = 10_000
/** Where a part of a box died, or the way to it. */
export const BOX_LIMIT_MS = 60_000
/** A launch that was lost is seen when the dispatch limit is over (LIMITS in system.ts). */
export const DISPATCH_LIMIT_MS = 30_000

/** Attempts that pay for it, if any. */
// biome-ignore lint/suspicious/noConfusingVoidType: most faults cost nothing, and say nothing
type Costs = string[] | void

/** A fault that costs nothing but time, unless told otherwise. */
export function aFault(
  name: string,
  strike: () => Promise<Costs>,
  more: { lasts?: keyof Durations; limitMs?: number; heal?: () => Promise<Costs> } = {},
): Fault {
  return {
    name,
    lasts: more.lasts ?? null,
    limitMs: more.limitMs ?? LIMIT_MS,
    strike: async () => (await strike()) || [],
    heal: async () => (await more.heal?.()) || [],
  }
}

/** Sends a signal to a process that may have ended meanwhile. */
export function signal(pid: number | null, name: NodeJS.Signals): void {
  if (pid === null || startedAt(pid) === null) return
  try {
    process.kill(pid, name)
  } catch {
    // it ended meanwhile
  }
}
