import type { BoxIdentity } from './environment'
import type { LockFile } from './lock'
import type { PipePool } from './pipes'
import type { Reaping } from './reaping'
import type { StateRoot } from './state-root'
import type { Timings } from './timings'

/** Says what happened, as one object. Never holds a token or a script's environment. */
export type Log = (entry: { msg: string } & Record<string, unknown>) => void

/** What the two ports of one box share. */
export type BoxContext = {
  identity: BoxIdentity
  state: StateRoot
  /** The interpreter itself, never a shim in front of it. */
  python: string
  /** Put before every command; empty, or `nice` where a niceness may be set. */
  commandPrefix: string[]
  token: string | undefined
  lock: LockFile
  pipes: PipePool
  reaping: Reaping
  timings: Timings
  /** Requests to run something that are not answered to the end. */
  runs: Set<Promise<void>>
  /** Once aborted, nothing is started any more. */
  closing: AbortSignal
  log: Log
}
