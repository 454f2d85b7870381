import type { Db } from '../../db/client'
import type { Ctx } from '../context'
import { DomainError } from '../errors'
import type { SessionId, TokenId, UserId } from '../ids'
import { findToken, isTokenGood } from './api-tokens'
import { countUnknownToken } from './guesses'
import type { Keys } from './keys'
import { checkSession } from './sessions'

export type Credential = { kind: 'session'; id: SessionId } | { kind: 'token'; id: TokenId }

/** Who came through one of the doors. */
export type Caller = Pick<Ctx, 'orgId' | 'role' | 'actor'> & { userId: UserId; credential: Credential }

/**
 * @param address where the request came from
 * @throws DomainError `unauthenticated`; `limit` for one of too many
 */
export async function callerByToken(
  { db, keys }: { db: Db; keys: Keys },
  token: string | undefined,
  address: string,
): Promise<Caller> {
  const holder = token ? await findToken(db, keys, token) : undefined
  if (!holder) {
    await countUnknownToken(db, address)
    throw new DomainError('unauthenticated', 'The API token is unknown, revoked or expired.')
  }
  const { orgId, role, userId, tokenId } = holder
  return { orgId, role, actor: `token:${tokenId}`, userId, credential: { kind: 'token', id: tokenId } }
}

/** The token in an Authorization header, if it has one. */
export function bearerOf(authorization: string): string | undefined {
  return /^Bearer +([\x21-\x7e]{1,200})$/i.exec(authorization)?.[1]
}

/** Undefined unless the session is good. */
export async function callerBySession(db: Db, sessionId: SessionId | undefined): Promise<Caller | undefined> {
  const session = sessionId && (await checkSession(db, sessionId))
  if (!session) return undefined
  const { orgId, role, userId } = session
  return { orgId, role, actor: `user:${userId}`, userId, credential: { kind: 'session', id: session.sessionId } }
}

/** True while the credential still opens doors. */
export async function isStillGood(db: Db, credential: Credential): Promise<boolean> {
  if (credential.kind === 'token') return await isTokenGood(db, credential.id)
  return (await checkSession(db, credential.id)) !== undefined
}

/** True for a request of one of our own pages: a cookie comes along from anywhere. */
export function isOwnOrigin(
  origin: string | null | undefined,
  host: string | null | undefined,
  publicUrl: string,
): boolean {
  if (!origin || !URL.canParse(origin)) return false
  return origin === new URL(publicUrl).origin || new URL(origin).host === host
}
