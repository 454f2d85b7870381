import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'

/** Environment variable that marks everything a box started, and what that started in turn. */
export const SCOPE_VARIABLE = 'STOUT_BOX_SCOPE'
/** Environment variable by which a client names its run: a convention, the box itself never sets it. */
const PROCESS_ID_VARIABLE = 'LAGER_PROCESS_ID'

/** A process at one moment. `startedAt` (clock ticks since boot) tells it from a later one with the same pid. */
export type FoundProcess = { pid: number; pgid: number; startedAt: string }

function readOrNothing(path: string): Buffer | undefined {
  try {
    return readFileSync(path)
  } catch {
    return undefined // gone meanwhile, or not ours to read
  }
}

/** State, group and start of a process; nothing when it is gone or only waits to be collected. */
function readStat(pid: number): FoundProcess | undefined {
  const stat = readOrNothing(`/proc/${pid}/stat`)?.toString('latin1')
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')
  const [state, , pgid] = fields ?? []
  const startedAt = fields?.[19]
  if (state === undefined || pgid === undefined || startedAt === undefined || 'ZX'.includes(state)) return undefined
  return { pid, pgid: Number(pgid), startedAt }
}

function allPids(): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && pid !== process.pid)
}

function find(matches: (pid: number) => boolean): FoundProcess[] {
  return allPids()
    .filter(matches)
    .flatMap((pid) => readStat(pid) ?? [])
}

function hasScope(environ: Buffer, scope: string): boolean {
  return `\0${environ.toString('latin1')}`.includes(`\0${SCOPE_VARIABLE}=${scope}\0`)
}

/**
 * Processes of this scope that carry a LAGER_PROCESS_ID. Like a stock box this is a plain search for the text
 * `LAGER_PROCESS_ID=<id>` in the environment; without an id every tagged process of the scope is meant.
 */
export function findTagged(scope: string, lagerProcessId = ''): FoundProcess[] {
  return find((pid) => {
    const environ = readOrNothing(`/proc/${pid}/environ`)
    return !!environ && environ.includes(`${PROCESS_ID_VARIABLE}=${lagerProcessId}`) && hasScope(environ, scope)
  })
}

/**
 * Everything that belongs to a scope, tagged or not. A process that hides its environment (PR_SET_DUMPABLE 0) is known
 * by an argument that is a path below `stateDir`: it was started from there.
 */
function findScope(scope: string, stateDir: string): FoundProcess[] {
  return find((pid) => {
    const environ = readOrNothing(`/proc/${pid}/environ`)
    if (environ) return hasScope(environ, scope)
    return `\0${readOrNothing(`/proc/${pid}/cmdline`)?.toString('utf8') ?? ''}`.includes(`\0${stateDir}/`)
  })
}

/** Whether it is the same process still, and not merely waiting to be collected by its parent. */
function isAlive(found: FoundProcess): boolean {
  return readStat(found.pid)?.startedAt === found.startedAt
}

/** Sends a signal unless the process is gone or is not ours. */
export function signal(found: FoundProcess, signalNumber: number): void {
  if (!isAlive(found)) return
  try {
    process.kill(found.pid, signalNumber)
  } catch {
    // Gone between the two lines, or another user's: a stock box says nothing either.
  }
}

/** Waits until all of them are gone. @returns those that are still there after `limitMs` */
export async function waitUntilGone(processes: FoundProcess[], limitMs: number): Promise<FoundProcess[]> {
  const until = performance.now() + limitMs
  let left = processes.filter(isAlive)
  while (left.length > 0 && performance.now() < until) {
    await delay(Math.min(100, Math.max(1, until - performance.now())))
    left = left.filter(isAlive)
  }
  return left
}

/** Ends everything that belongs to a scope: SIGTERM, and SIGKILL for what is left after `graceMs`. */
export async function endScope(scope: string, stateDir: string, graceMs: number): Promise<void> {
  const found = findScope(scope, stateDir)
  for (const one of found) signal(one, 15)
  await waitUntilGone(found, graceMs)
  // Again and again: a script may fork faster than one look at /proc takes.
  for (let left = findScope(scope, stateDir); left.length > 0; left = findScope(scope, stateDir)) {
    for (const one of left) signal(one, 9)
    await waitUntilGone(left, 1000)
  }
}
