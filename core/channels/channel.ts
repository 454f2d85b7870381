import type { Net } from '../../db/schema'
import type { Refusal } from '../attempts/return-job'
import type { AttemptRef } from '../attempts/tokens'
import type { Inspection } from './inspection'
import type { ReapOrder, ReapVerdict } from './reap'

/** What a channel needs to start an attempt on its box. */
export type Launch = AttemptRef & {
  processId: string
  claimToken: string
  /** Where the supervisor reaches the box API, without a slash at the end. */
  boxApiUrl: string
  installation: string
  giveUpSeconds: number
  lock: BoxLock
}
/** A hold of the box's own advisory lock. */
export type BoxLock = { user: string; ttlSeconds: number }

/** `unknown`: the request may or may not have arrived. Nobody acts on it; the claim decides. */
export type Launched = { kind: 'launched' } | { kind: 'refused'; why: Refusal } | { kind: 'unknown'; detail: string }

/** What a box says of itself. `lockHolder` is whoever holds its advisory lock, us included. */
export type BoxFacts = { version: string; nets: Net[]; lockHolder: string | null }

/** What can be found out about a box without touching what runs there. */
export interface BoxProbe {
  /** What the box says of itself, or why it could not be asked. */
  probe(): Promise<BoxFacts | Refusal>
  /**
   * Runs a tiny script on the box: who it is, and whether it reaches `urls`. `silent`: it did not answer in time, which may be
   * because it is busy ending another run.
   */
  inspect(urls: readonly string[]): Promise<Inspection | Refusal>
}

/**
 * One way to reach a box. A channel carries messages; it never reads or writes the database and never decides what a message
 * means. Every call has its time limit and throws only on a bug.
 */
export interface Channel extends BoxProbe {
  /** Takes the box's lock and delivers launcher and supervisor. Safe to repeat: only one supervisor can claim an attempt. */
  start(launch: Launch): Promise<Launched>
  /** Looks on the box for what is left of an attempt whose supervisor is gone, ends it, and recovers what was not told. */
  reap(order: ReapOrder): Promise<ReapVerdict>
  /** Gives up a hold of the box's lock, if it still is `user`'s. */
  unlock(user: string): Promise<void>
}
