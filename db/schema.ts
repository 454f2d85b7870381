import type { ColumnType, Generated, Selectable } from 'kysely'
import type { ArtifactId, BoxId, GroupId, JobId, OrgId, SessionId, TokenId, UserId } from '../core/ids'
import type { FailureClass, JobState } from '../core/jobs/state'

/** A jsonb column: read as a value, written as JSON text (a bare array would become a Postgres array). */
type Json<T> = ColumnType<T, string, string>
type JsonWithDefault<T> = ColumnType<T, string | undefined, string>
type DefaultNow = Generated<Date>

export type Role = 'owner' | 'admin' | 'member' | 'viewer'
export type Net = { name: string; type: string }
export type AttemptPhase = 'placed' | 'claimed' | 'exited' | 'closed'
export type EndedBy = 'script' | 'deadline' | 'cancel' | 'no_output' | 'outside'
/** Why an attempt closed: its box said it is quiet, nobody had claimed it, a reap found it quiet, or an admin let it go. */
export type ClosedBy = 'done' | 'fenced' | 'reaped' | 'released'
export type BoxStatus = 'unknown' | 'online' | 'offline'
/** What a supervisor says of the machine it runs on. `bootId` changes with each boot. */
export type BoxIdentity = { lagerBoxId: string; hostname: string; bootId: string; python: string; pid: number }
/** One reason that keeps jobs of a requirement key waiting, and the boxes that it speaks of. */
export type WaitReason = { code: WaitCode; boxes: string[]; detail?: string }
export const WAIT_CODES = [
  'no_free_box',
  'box_offline',
  'box_leased',
  'box_locked_outside',
  'box_resting',
  'box_draining',
  'missing_net',
  'label_mismatch',
  'identity_mismatch',
  'no_such_target',
  'cannot_call_back',
  'no_access',
  'not_before',
  'held',
] as const
export type WaitCode = (typeof WAIT_CODES)[number]

interface OrgsTable {
  id: OrgId
  name: string
  /** Placement has work while requested > done. */
  placementRequestedSeq: Generated<number>
  placementDoneSeq: Generated<number>
  /** For how long it keeps what ended, in days; null: for ever. */
  keepJobsDays: number | null
  keepLogsDays: number | null
  keepArtifactsDays: number | null
  createdAt: DefaultNow
}

interface UsersTable {
  id: UserId
  email: string
  name: string
  passwordHash: string
  createdAt: DefaultNow
}

interface MembershipsTable {
  orgId: OrgId
  userId: UserId
  role: Role
  createdAt: DefaultNow
}

interface SessionsTable {
  id: SessionId
  userId: UserId
  orgId: OrgId
  userAgent: Generated<string>
  createdAt: DefaultNow
  lastSeenAt: DefaultNow
  expiresAt: Date
  revokedAt: Date | null
}

interface ApiTokensTable {
  id: TokenId
  orgId: OrgId
  userId: UserId
  name: string
  tokenHash: Buffer
  createdAt: DefaultNow
  lastUsedAt: Date | null
  expiresAt: Date | null
  revokedAt: Date | null
}

interface BoxesTable {
  id: BoxId
  orgId: OrgId
  name: string
  host: string
  pythonPort: Generated<number>
  httpPort: Generated<number>
  /** Bearer token of the box, encrypted (core/access/seal.ts). */
  tokenSealed: string | null
  slots: Generated<number>
  labels: JsonWithDefault<Record<string, string>>
  /** LAGER_BOX_ID as registered or as first seen; another one on a claim is a swapped address. */
  lagerBoxId: string | null
  /** Who answered instead, while `identityMismatchAt` is set. */
  foundBoxId: string | null
  hostname: string | null
  bootId: string | null
  pythonVersion: string | null
  status: Generated<BoxStatus>
  statusDetail: string | null
  version: string | null
  nets: JsonWithDefault<Net[]>
  /** Holder of the box's own advisory lock when it is not ours. */
  lockHolder: string | null
  canCallBack: Generated<boolean>
  /** What the box said when it could not. */
  callBackDetail: string | null
  identityMismatchAt: Date | null
  draining: Generated<boolean>
  probedAt: Date | null
  /** Probes in a row without an answer. */
  missedProbes: Generated<number>
  nextProbeAt: DefaultNow
  /** When a script on the box last said who it is and whether it can call back. */
  inspectedAt: Date | null
  nextInspectionAt: DefaultNow
  lastSeenAt: Date | null
  createdAt: DefaultNow
  /** A removed box is history: it is not placed, not probed, and its name and address are free. */
  removedAt: Date | null
}

interface GroupsTable {
  id: GroupId
  orgId: OrgId
  name: string
  createdAt: DefaultNow
}

interface GroupBoxesTable {
  groupId: GroupId
  boxId: BoxId
}

interface BundlesTable {
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
interface JobsTable {
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

interface AttemptsTable {
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

interface LeasesTable {
  boxId: BoxId
  slot: number
  orgId: OrgId
  jobId: JobId | null
  attempt: number | null
  reservationId: string | null
  acquiredAt: DefaultNow
}

interface BoxRestsTable {
  jobId: JobId
  boxId: BoxId
  tries: Generated<number>
  /** How many of the tries ended in silence instead of a refusal. */
  silentTries: Generated<number>
  untilAt: Date
  why: Json<{ kind: string; detail: string }>
}

interface WaitReasonsTable {
  orgId: OrgId
  requirementKey: string
  reasons: Json<WaitReason[]>
  changedAt: DefaultNow
}

interface BoxApiPresenceTable {
  onlyRow: Generated<boolean>
  /** Since when the box API has listened without a gap. */
  listeningSinceAt: Date
  lastBeatAt: Date
}

interface EventsTable {
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

interface OutboxTable {
  subject: string
  seq: number
  takenUntil: Date | null
  tries: Generated<number>
}

interface LogHeadsTable {
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

interface LogChunksTable {
  jobId: JobId
  attempt: number
  firstN: number
  lastN: number
  /** Of the lines, unpacked. */
  sizeBytes: number
  /** Records as in docs/box-api.md, without the batch header, compressed. */
  data: Buffer
}

/** An object in the store. The row is there before the first byte, and keys are never used again. */
interface StoredObjectsTable {
  key: string
  orgId: OrgId
  /** `kept`: something speaks of it. `deleting`: nothing may begin to. */
  state: Generated<'pending' | 'kept' | 'deleting'>
  /** Of a multipart upload that has not been completed. */
  uploadId: string | null
  createdAt: DefaultNow
  /** When the store last deleted it, in state `deleting`. */
  deletedAt: Date | null
}

/** `skipped`: a limit or its nature kept it out, which the job survives. `failed`: it should have been kept. */
export type ArtifactState = 'uploading' | 'uploaded' | 'skipped' | 'failed'
/** Where it was found: $STOUT_ARTIFACTS, a pattern of the job, or Lager's own output folders. */
export type ArtifactSource = 'artifacts' | 'glob' | 'lager'

interface ArtifactsTable {
  id: ArtifactId
  orgId: OrgId
  jobId: JobId
  attempt: number
  /** Relative, with `/`. */
  path: string
  source: ArtifactSource
  state: ArtifactState
  sizeBytes: number | null
  sentBytes: Generated<number>
  sha256: string | null
  /** Of the parts of a multipart upload, in order. */
  partSha256: ColumnType<string[] | null, string | null | undefined, string | null>
  contentType: Generated<string>
  objectKey: string | null
  /** Why it was skipped or failed, for people. */
  why: string | null
  createdAt: DefaultNow
  uploadedAt: Date | null
}

interface JobSecretsTable {
  jobId: JobId
  /** A JSON object of names and values, encrypted (core/access/keys.ts). */
  sealed: string
}

/** A request that named an Idempotency-Key, and what it was answered. */
interface IdempotencyKeysTable {
  orgId: OrgId
  /** `user:…` or `token:…`. */
  caller: string
  key: string
  /** MAC of what was asked for: bodies hold secrets. */
  fingerprint: string
  /** The answer, encrypted; null only inside the transaction that makes the thing. */
  answer: string | null
  createdAt: DefaultNow
}

interface RateLimitsTable {
  /** What is limited, of whom. */
  key: string
  busyUntil: Date
}

export interface Database {
  orgs: OrgsTable
  users: UsersTable
  memberships: MembershipsTable
  sessions: SessionsTable
  apiTokens: ApiTokensTable
  boxes: BoxesTable
  groups: GroupsTable
  groupBoxes: GroupBoxesTable
  bundles: BundlesTable
  jobs: JobsTable
  attempts: AttemptsTable
  leases: LeasesTable
  boxRests: BoxRestsTable
  waitReasons: WaitReasonsTable
  boxApiPresence: BoxApiPresenceTable
  events: EventsTable
  outbox: OutboxTable
  logHeads: LogHeadsTable
  logChunks: LogChunksTable
  storedObjects: StoredObjectsTable
  artifacts: ArtifactsTable
  jobSecrets: JobSecretsTable
  idempotencyKeys: IdempotencyKeysTable
  rateLimits: RateLimitsTable
}

export type Job = Selectable<JobsTable>
export type Bundle = Selectable<BundlesTable>
export type Attempt = Selectable<AttemptsTable>
export type Box = Selectable<BoxesTable>
export type Event = Selectable<EventsTable>
export type Artifact = Selectable<ArtifactsTable>
