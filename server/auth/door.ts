import { bearerOf, type Credential, callerBySession, callerByToken, isOwnOrigin } from '../../core/access/callers'
import { sessionIdOf } from '../../core/access/session-cookie'
import type { Fleet } from '../../core/boxes/look-at-box'
import { DomainError } from '../../core/errors'
import type { UserId } from '../../core/ids'
import type { SubmitCtx } from '../../core/jobs/submit-job'
import type { PackedLogs } from '../../core/logs/packed-logs'
import type { Web } from '../compose'
import { addressOf } from '../metrics'

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
  if (authorization !== null) return await byToken(web, authorization, addressOf(request.headers), requestId)
  const ctx = await bySession(web, request.headers.get('cookie'), requestId)
  if (!ctx) throw new DomainError('unauthenticated', 'Sign in, or send an API token: Authorization: Bearer stout_….')
  if (!SAFE_METHODS.has(request.method) && !isFromOurPages(request.headers, web.publicUrl)) {
    throw new DomainError('forbidden', 'A request with a session cookie must come from a page of this server.')
  }
  return ctx
}

async function byToken(web: Web, authorization: string, address: string, requestId: string): Promise<RequestCtx> {
  return { ...partsOf(web), ...(await callerByToken(web, bearerOf(authorization), address)), requestId }
}

/** The caller by the cookie alone; for pages, which answer by a redirect when there is none. */
export async function bySession(
  web: Web,
  cookieHeader: string | null,
  requestId: string,
): Promise<RequestCtx | undefined> {
  const caller = await callerBySession(web.db, await sessionIdOf(web, cookieHeader))
  return caller && { ...partsOf(web), ...caller, requestId }
}

/** What verbs and answers need of the process. */
function partsOf({ db, keys, store, publicUrl, fleet, packedLogs }: Web) {
  return { db, keys, store, publicUrl, fleet, packedLogs }
}

function isFromOurPages(headers: Headers, publicUrl: string): boolean {
  const site = headers.get('sec-fetch-site')
  if (site !== null) return site === 'same-origin'
  return isOwnOrigin(headers.get('origin'), headers.get('host'), publicUrl)
}
