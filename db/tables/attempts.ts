import type { ColumnType, Generated } from 'kysely'
import type { BoxId, JobId, OrgId } from '../../core/ids'
import type { BoxIdentity } from './boxes'
import type { DefaultNow } from './column'

export type AttemptPhase = 'placed' | 'claimed' | 'exited' | 'closed'

export type EndedBy = 'script' | 'deadline' | 'cancel' | 'no_output' | 'outside'

/** Why an attempt closed: its box said it is quiet, nobody had claimed it, a reap found it quiet, or an admin let it go. */
export type ClosedBy = 'done' | 'fenced' | 'reaped' | 'released'

export interface AttemptsTable {
  jobId: JobId
  attempt: number
  orgId: OrgId
  boxId: BoxId
  /** The LAGER_PROCESS_ID tag of its script. */
  processId: Generated<string>
  phase: Generated<AttemptPhase>
  nonce: string | null
  identity: ColumnType<BoxIdentity | null, string | null | undefined, string | null>
  /** The box's own advisory lock was taken for it. */
  boxLocked: Generated<boolean>
  /** Grows whenever the control state (cancel, stop, deadline) changes. */
  controlVersion: Generated<number>
  /** The version that its supervisor acts by; what is newer is pending. */
  controlHeard: Generated<number>
  cancelReason: string | null
  stopReason: string | null
  endedBy: EndedBy | null
  exitCode: number | null
  signal: string | null
  error: string | null
  closedBy: ClosedBy | null
  placedAt: DefaultNow
  dispatchStartedAt: Date | null
  launchedAt: Date | null
  claimedAt: Date | null
  deadlineAt: Date | null
  exitedAt: Date | null
  /** When the upload of its artifacts last made progress; the upload limit counts from here. */
  uploadHeardAt: Date | null
  closedAt: Date | null
}

export interface LogHeadsTable {
  jobId: JobId
  attempt: number
  /** Number of the last durable line; 0 when there is none. */
  lastN: Generated<number>
  sizeBytes: Generated<number>
  /** Number of the last acknowledged line; beyond `lastN` only when the log reached its limit and was cut. */
  ackedN: Generated<number>
  /** What was cut off at the limit. */
  cutLines: Generated<number>
  cutBytes: Generated<number>
  /** When the attempt's supervisor last reached us, by the database clock. It stands here and not in `attempts`, so that lines never wait for a verdict's row lock. */
  lastHeardAt: Generated<Date>
  endedAt: Date | null
  /** The object that holds the whole log, once its chunks have left this database; the index says where in it they are. */
  packedKey: string | null
  packedIndex: Buffer | null
  packedAt: Date | null
  /** Until then a worker is at packing it, or rests after a failure. */
  packTakenUntil: Date | null
  packTries: Generated<number>
  /** When the last of its chunks had left this database; nothing is left to do for its packing. */
  clearedAt: Date | null
}

export interface LogChunksTable {
  jobId: JobId
  attempt: number
  firstN: number
  lastN: number
  /** Of the lines, unpacked. */
  sizeBytes: number
  /** Records as in docs/box-api.md, without the batch header, compressed. */
  data: Buffer
}
