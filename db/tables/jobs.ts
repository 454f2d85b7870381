import type { ColumnType, Generated } from 'kysely'
import type { BoxId, JobId, OrgId } from '../../core/ids'
import type { FailureClass, JobState } from '../../core/jobs/state'
import type { DefaultNow, Json, JsonWithDefault } from './column'

export interface BundlesTable {
  orgId: OrgId
  sha256: string
  kind: 'script' | 'zip'
  sizeBytes: number
  /** The bytes, or else `objectKey` names them in the object store. */
  inline: Buffer | null
  objectKey: string | null
  createdAt: DefaultNow
  /** When a job or an upload last named it; an unused one goes a day later. */
  lastUsedAt: Generated<Date>
}

/** Columns that only core/jobs/transition.ts writes have the update type `never`. */
export interface JobsTable {
  id: JobId
  orgId: OrgId
  name: string
  state: ColumnType<JobState, 'queued' | undefined, never>
  /** The fence: number of the current attempt, 0 before the first. */
  attempt: ColumnType<number, never, never>
  lastSeq: ColumnType<number, number | undefined, never>
  bundleSha256: string
  /** The file of the bundle that is run, relative to its root. */
  entry: Generated<string>
  /** Patterns below the job's directory; what they match is kept beside what stands in $STOUT_ARTIFACTS. */
  artifactGlobs: JsonWithDefault<string[]>
  /** Whether Lager's own output folders are kept too. */
  lagerOutput: Generated<boolean>
  /** Names of its secrets; the values are in `jobSecrets` until the end. */
  secretNames: JsonWithDefault<string[]>
  args: Json<string[]>
  env: Json<Record<string, string>>
  labels: Json<Record<string, string>>
  targetKind: 'box' | 'group' | 'any'
  targetId: string | null
  requires: Json<string[]>
  /** Jobs with the same key (target, requires, access) fit the same boxes. */
  requirementKey: string
  /** `box:<name>`, `group:<name>` or `any`. */
  queueKey: string
  priority: Generated<number>
  submittedBy: string
  parentId: JobId | null
  /** The job that it is a rerun of, while that is there. */
  rerunOf: JobId | null
  notBeforeAt: Date | null
  holdReason: string | null
  policy: JsonWithDefault<{ kind: 'organisation' }>
  retryPolicy: ColumnType<unknown, string | null | undefined, never>
  timeoutSeconds: number
  queueTimeoutSeconds: number
  graceSeconds: number
  noOutputTimeoutSeconds: number | null
  boxId: ColumnType<BoxId | null, never, never>
  failureClass: ColumnType<FailureClass | null, never, never>
  exitCode: ColumnType<number | null, never, never>
  signal: ColumnType<string | null, never, never>
  error: ColumnType<string | null, never, never>
  createdAt: DefaultNow
  /** When the queue clock started: at once, or when a hold or a not-before ended. */
  runnableAt: Date | null
  queueDeadlineAt: Date | null
  startedAt: ColumnType<Date | null, never, never>
  deadlineAt: ColumnType<Date | null, never, Date>
  finishedAt: ColumnType<Date | null, never, never>
  /** When retention removed the logs of its attempts. */
  logRemovedAt: ColumnType<Date | null, never, Date>
}

export interface JobSecretsTable {
  jobId: JobId
  /** A JSON object of names and values, encrypted (core/access/keys.ts). */
  sealed: string
}

export interface EventsTable {
  subject: string
  seq: number
  orgId: OrgId
  type: string
  /** State of the job after it, where it changed the state. */
  state: JobState | null
  actor: string
  attempt: number | null
  data: JsonWithDefault<Record<string, unknown>>
  at: DefaultNow
}

export interface OutboxTable {
  subject: string
  seq: number
  takenUntil: Date | null
  tries: Generated<number>
}
