import { findToken, isTokenGood } from '../../core/access/api-tokens'
import { checkSession } from '../../core/access/sessions'
import type { Fleet } from '../../core/boxes/look-at-box'
import { DomainError } from '../../core/errors'
import type { SessionId, TokenId, UserId } from '../../core/ids'
import type { SubmitCtx } from '../../core/jobs/submit-job'
import type { PackedLogs } from '../../core/logs/packed-logs'
import type { Web } from '../compose'
import { sessionIdOf } from './cookie'

export type Credential = { kind: 'session'; id: SessionId } | { kind: 'token'; id: TokenId }

/** A request that came through one of the doors: what verbs take, and what the answer needs besides. */
export type RequestCtx = SubmitCtx & {
  userId: UserId
  credential: Credential
  publicUrl: string
  fleet: Fleet
  packedLogs: PackedLogs
}

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Tells who is asking. An Authorization header means an API token and nothing else; without one the session cookie counts,
 * and then a request that may change something must come from our own pages.
 * @throws DomainError `unauthenticated`; `forbidden` for a cookie that came along from another site
 */
export async function enter(web: Web, request: Request, requestId: string): Promise<RequestCtx> {
  const authorization = request.headers.get('authorization')
  if (authorization !== null) return await byToken(web, authorization, requestId)
  const ctx = await bySession(web, request.headers.get('cookie'), requestId)
  if (!ctx) throw new DomainError('unauthenticated', 'Sign in, or send an API token: Authorization: Bearer stout_….')
  if (!SAFE_METHODS.has(request.method) && !isFromOurPages(request.headers, web.publicUrl)) {
    throw new DomainError('forbidden', 'A request with a session cookie must come from a page of this server.')
  }
  return ctx
}

async function byToken(web: Web, authorization: string, requestId: string): Promise<RequestCtx> {
  const token = /^Bearer +([\x21-\x7e]{1,200})$/i.exec(authorization)?.[1]
  const holder = token ? await findToken(web.db, web.keys, token) : undefined
  if (!holder) throw new DomainError('unauthenticated', 'The API token is unknown, revoked or expired.')
  const { orgId, role, userId, tokenId } = holder
  const credential = { kind: 'token' as const, id: tokenId }
  return { ...partsOf(web), orgId, role, actor: `token:${tokenId}`, requestId, userId, credential }
}

/** The caller by the cookie alone; for pages, which answer by a redirect when there is none. */
export async function bySession(
  web: Web,
  cookieHeader: string | null,
  requestId: string,
): Promise<RequestCtx | undefined> {
  const sessionId = await sessionIdOf(web, cookieHeader)
  const session = sessionId && (await checkSession(web.db, sessionId))
  if (!session) return undefined
  const { orgId, role, userId } = session
  const credential = { kind: 'session' as const, id: session.sessionId }
  return { ...partsOf(web), orgId, role, actor: `user:${userId}`, requestId, userId, credential }
}

/** What verbs and answers need of the process. */
function partsOf({ db, keys, store, publicUrl, fleet, packedLogs }: Web) {
  return { db, keys, store, publicUrl, fleet, packedLogs }
}

/** True while the credential still opens doors; asked again and again by streams that stay open. */
export async function isStillGood({ db, credential }: RequestCtx): Promise<boolean> {
  if (credential.kind === 'token') return await isTokenGood(db, credential.id)
  return (await checkSession(db, credential.id)) !== undefined
}

function isFromOurPages(headers: Headers, publicUrl: string): boolean {
  const site = headers.get('sec-fetch-site')
  if (site !== null) return site === 'same-origin'
  const origin = headers.get('origin')
  if (origin === null || !URL.canParse(origin)) return false
  return origin === new URL(publicUrl).origin || new URL(origin).host === headers.get('host')
}
