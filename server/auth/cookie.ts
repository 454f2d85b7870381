import { decode } from 'next-auth/jwt'
import type { SessionId } from '../../core/ids'
import type { Web } from '../compose'

type Part = Pick<Web, 'keys' | 'publicUrl'>

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
export function cookieSecret({ keys }: Pick<Web, 'keys'>): string {
  return keys.session.toString('base64url')
}

/** The session id in the request's cookie, if it is one of ours. Whether the session is good, the database says. */
export async function sessionIdOf(part: Part, cookieHeader: string | null): Promise<SessionId | undefined> {
  const { session } = cookieNames(part)
  const pair = cookieHeader?.split(';').find((text) => text.trim().startsWith(`${session}=`))
  const token = pair?.slice(pair.indexOf('=') + 1).trim()
  if (!token) return undefined
  try {
    const claims = await decode({ token, secret: cookieSecret(part) })
    return typeof claims?.sub === 'string' ? (claims.sub as SessionId) : undefined
  } catch {
    return undefined // expired, forged, or sealed under another secret
  }
}
