import type { SessionId } from '../ids'
import type { Keys } from './keys'

/** Opens what next-auth sealed; null, or an error, when it cannot. Given by the composition roots: core knows no framework. */
export type OpenCookie = (sealed: { token: string; secret: string }) => Promise<{ sub?: string | undefined } | null>

type Part = { keys: Keys; publicUrl: string }

/**
 * Names of the cookies. They carry the key id, because cookies know no ports: two installations on one host would sign each
 * other's users out.
 */
export function cookieNames({ keys, publicUrl }: Part): {
  secure: boolean
  session: string
  csrf: string
  back: string
} {
  const secure = publicUrl.startsWith('https:')
  const name = (what: string) => `${secure ? '__Host-' : ''}stout-${what}-${keys.id}`
  return { secure, session: name('session'), csrf: name('csrf'), back: name('back') }
}

/** Secret of next-auth's cookies. */
export function cookieSecret({ keys }: Pick<Part, 'keys'>): string {
  return keys.session.toString('base64url')
}

/** The session id in the request's cookie, if it is one of ours. Whether the session is good, the database says. */
export async function sessionIdOf(
  part: Part & { openCookie: OpenCookie },
  cookieHeader: string | null | undefined,
): Promise<SessionId | undefined> {
  const { session } = cookieNames(part)
  const pair = cookieHeader?.split(';').find((text) => text.trim().startsWith(`${session}=`))
  const token = pair?.slice(pair.indexOf('=') + 1).trim()
  if (!token) return undefined
  try {
    const claims = await part.openCookie({ token, secret: cookieSecret(part) })
    return typeof claims?.sub === 'string' ? (claims.sub as SessionId) : undefined
  } catch {
    return undefined // expired, forged, or sealed under another secret
  }
}
