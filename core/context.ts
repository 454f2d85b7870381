import type { Transaction } from 'kysely'
import type { Db } from '../db/client'
import type { Database, Role } from '../db/schema'
import { DomainError } from './errors'
import type { OrgId } from './ids'

/** Who is asking, made once per request by a door (session or token). Every verb that a person can call takes it. */
export type Ctx = {
  db: Db
  orgId: OrgId
  role: Role
  /** `user:…` or `token:…`; stands in every event that the request causes. */
  actor: string
  /** One id from the HTTP request to the event. */
  requestId: string
  /** Set where the request names an Idempotency-Key: what it makes is made once (core/idempotency). */
  once?: Once | undefined
  /** Tags of the states that an edit may be made to (core/edits); undefined: any. */
  ifMatch?: readonly string[] | undefined
}

/** `take` is the first and `keep` the last that the transaction does which makes the thing. */
export type Once = {
  take: (tx: Transaction<Database>) => Promise<void>
  keep: (tx: Transaction<Database>, made: unknown) => Promise<void>
}

const MAY = {
  view: ['owner', 'admin', 'member', 'viewer'],
  run: ['owner', 'admin', 'member'],
  manage: ['owner', 'admin'],
} as const satisfies Record<string, Role[]>

/** @throws DomainError `forbidden` when the caller's role does not allow `what`. */
export function requireTo(ctx: Ctx, what: keyof typeof MAY): void {
  if ((MAY[what] as readonly Role[]).includes(ctx.role)) return
  throw new DomainError('forbidden', `A ${ctx.role} may not ${what} here; ask an owner or admin of the organisation.`)
}
