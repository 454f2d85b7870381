import NextAuth, { type NextAuthOptions } from 'next-auth'
import Credentials from 'next-auth/providers/credentials'
import { trySignIn } from '../../core/access/guesses'
import { cookieNames, cookieSecret } from '../../core/access/session-cookie'
import { revokeSession, SESSION_SECONDS } from '../../core/access/sessions'
import { signIn } from '../../core/access/sign-in'
import { DomainError } from '../../core/errors'
import type { SessionId } from '../../core/ids'
import { json } from '../answer'
import type { Web } from '../compose'
import { addressOf } from '../metrics'

/**
 * next-auth for signing in and out by e-mail and password. Its cookie carries the id of a row in `sessions` and nothing else;
 * the row is asked on every request (server/auth/door.ts), so it can be revoked. Signing out revokes it.
 */
function authOptions(web: Web, refused: { retryAfterSeconds?: number }): NextAuthOptions {
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
          const address = addressOf(new Headers(request.headers as Record<string, string> | undefined))
          const check = () => web.signIns.try(email, () => signIn(web.db, { email, password, userAgent }))
          try {
            const id = await trySignIn(web.db, { email, address }, check)
            return id ? { id } : null
          } catch (error) {
            if (!(error instanceof DomainError && error.code === 'limit')) throw error
            refused.retryAfterSeconds = Number(error.detail.retryAfterSeconds)
            return null
          }
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

/** Answers everything below /api/auth; too many wrong sign-ins with 429, which next-auth knows not. */
export async function handleAuth(
  web: Web,
  request: Request,
  context: { params: Promise<{ nextauth: string[] }> },
): Promise<Response> {
  const refused: { retryAfterSeconds?: number } = {}
  const response = (await NextAuth(authOptions(web, refused))(request, context)) as Response
  const { retryAfterSeconds } = refused
  if (retryAfterSeconds === undefined) return response
  // next-auth's own client looks for the url
  const body = {
    code: 'limit',
    message: `Too many tries. Try again in ${retryAfterSeconds} s.`,
    url: `${web.publicUrl}/sign-in?error=limit`,
  }
  return json(body, 429, { 'retry-after': String(retryAfterSeconds) })
}

function textOf(metadata: unknown): string {
  return metadata instanceof Error ? metadata.message : String((metadata as { error?: unknown })?.error ?? metadata)
}
