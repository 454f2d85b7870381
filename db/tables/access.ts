import type { Generated } from 'kysely'
import type { OrgId, SessionId, TokenId, UserId } from '../../core/ids'
import type { DefaultNow } from './column'

export type Role = 'owner' | 'admin' | 'member' | 'viewer'

export interface OrgsTable {
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

export interface UsersTable {
  id: UserId
  email: string
  name: string
  passwordHash: string
  createdAt: DefaultNow
}

export interface MembershipsTable {
  orgId: OrgId
  userId: UserId
  role: Role
  createdAt: DefaultNow
}

export interface SessionsTable {
  id: SessionId
  userId: UserId
  orgId: OrgId
  userAgent: Generated<string>
  createdAt: DefaultNow
  lastSeenAt: DefaultNow
  expiresAt: Date
  revokedAt: Date | null
}

export interface ApiTokensTable {
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

/** A request that named an Idempotency-Key, and what it was answered. */
export interface IdempotencyKeysTable {
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

export interface RateLimitsTable {
  /** What is limited, of whom. */
  key: string
  busyUntil: Date
}
