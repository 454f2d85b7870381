import type { Selectable } from 'kysely'
import type {
  ApiTokensTable,
  IdempotencyKeysTable,
  MembershipsTable,
  OrgsTable,
  RateLimitsTable,
  SessionsTable,
  UsersTable,
} from './tables/access'
import type { AttemptsTable, LogChunksTable, LogHeadsTable } from './tables/attempts'
import type { BoxApiPresenceTable, BoxesTable, GroupBoxesTable, GroupsTable } from './tables/boxes'
import type { BundlesTable, EventsTable, JobSecretsTable, JobsTable, OutboxTable } from './tables/jobs'
import type { ArtifactsTable, StoredObjectsTable } from './tables/objects'
import type { BoxRestsTable, LeasesTable, WaitReasonsTable } from './tables/placement'

export type { Role } from './tables/access'
export type { AttemptPhase, ClosedBy, EndedBy } from './tables/attempts'
export type { BoxIdentity, Net } from './tables/boxes'
export type { ArtifactSource, ArtifactState } from './tables/objects'
export { WAIT_CODES, type WaitCode, type WaitReason } from './tables/placement'

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
