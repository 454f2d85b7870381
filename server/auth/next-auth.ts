import type { NextAuthOptions } from 'next-auth'
import Credentials from 'next-auth/providers/credentials'
import { cookieNames, cookieSecret } from '../../core/access/session-cookie'
import { revokeSession, SESSION_SECONDS } from '../../core/access/sessions'
import { signIn } from '../../core/access/sign-in'
import type { SessionId } from '../../core/ids'
import type { Web } from '../compose'

/**
 * next-auth for signing in and out by e-mail and password. Its cookie carries the id of a row in `sessions` and nothing else;
 * the row is asked on every request (server/auth/door.ts), so it can be revoked. Signing out revokes it.
 */
export function authOptions(web: Web): NextAuthOptions {
  const { secure, session, csrf, back } = cookieNames(web)
  const options = { httpOnly: true, sameSite: 'lax' as const, path: '/', secure }
  return {
    secret: cookieSecret(web),
    useSecureCookies: secure,
    session: { strategy: 'jwt', maxAge: SESSION_SECONDS },
    pages: { signIn: '/sign-in', error: '/sign-in' },
    cookies: {
      sessionToken: { name: session, options },
      csrfToken: { name: csrf, options },
      callbackUrl: { name: back, options },
    },
    providers: [
      Credentials({
        id: 'password',
        name: 'Password',
        credentials: { email: { label: 'E-mail', type: 'email' }, password: { label: 'Password', type: 'password' } },
        async authorize(given, request) {
          const [email, password] = [given?.email, given?.password]
          if (typeof email !== 'string' || typeof password !== 'string') return null
          const userAgent = String(request.headers?.['user-agent'] ?? '')
          const id = await web.signIns.try(email, () => signIn(web.db, { email, password, userAgent }))
          return id ? { id } : null
        },
      }),
    ],
    callbacks: {
      jwt: ({ token, user }) => ({ sub: user?.id ?? token.sub ?? '' }),
      session: ({ session: { expires } }) => ({ expires }),
    },
    events: {
      async signOut({ token }) {
        if (typeof token?.sub === 'string') await revokeSession(web.db, token.sub as SessionId)
      },
    },
    logger: {
      error: (code, metadata) => web.log.error({ code, error: textOf(metadata) }, 'next-auth'),
      warn: (code) => web.log.warn({ code }, 'next-auth'),
      debug: () => undefined,
    },
  }
}

function textOf(metadata: unknown): string {
  return metadata instanceof Error ? metadata.message : String((metadata as { error?: unknown })?.error ?? metadata)
}
