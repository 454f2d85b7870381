import { encode } from 'next-auth/jwt'
import { hashToken, newToken } from '../../core/access/api-tokens'
import { cookieNames, cookieSecret } from '../../core/access/session-cookie'
import { createSession } from '../../core/access/sessions'
import type { Ctx } from '../../core/context'
import { loadEnv } from '../../core/env'
import { newId, type SessionId, type TokenId, type UserId } from '../../core/ids'
import { aBackend } from '../../core/testing/backend'
import { anOrg } from '../../core/testing/fixtures'
import { testDb } from '../../db/testing/database'
import { aStore } from '../../embedded/object-store/testing/store'
import { compose, decompose, type Web } from '../compose'
import { serve } from './serve'

const ORIGIN = 'http://stout.test'

/** The web process on a database and a store of its own, and an HTTP server in front of it. */
export async function aServer(
  databaseUrl?: string,
  boxUrl = 'http://boxes.stout.test',
  env: Record<string, string> = {},
) {
  const [t, store, backend] = await Promise.all([testDb(), aStore(), aBackend()])
  const web = compose(
    loadEnv({
      DATABASE_URL: databaseUrl ?? t.url,
      STOUT_URL: ORIGIN,
      STOUT_BOX_URL: boxUrl,
      STOUT_SECRET: 'a secret that is long enough for tests',
      STOUT_LOG_LEVEL: 'silent',
      ...store.env,
      ...backend.env,
      ...env,
    }),
  )
  const server = await serve(web)
  return {
    ...{ web, db: t.db, store, url: server.url, databaseUrl: t.url },
    async [Symbol.asyncDispose]() {
      web.closing.abort()
      await server[Symbol.asyncDispose]()
      await decompose(web)
      await t[Symbol.asyncDispose]()
      await store[Symbol.asyncDispose]()
      await backend[Symbol.asyncDispose]()
    },
  }
}

export type Member = {
  ctx: Ctx
  userId: UserId
  tokenId: TokenId
  sessionId: SessionId
  bearer: string
  cookie: string
}

/** Somebody in an organisation of their own (or of `ctx`), with a token and a session. */
export async function aMember(
  web: Pick<Web, 'db' | 'keys' | 'publicUrl'>,
  ctx?: Ctx,
  role: Ctx['role'] = 'owner',
): Promise<Member> {
  const org = ctx ?? (await anOrg(web.db))
  const [userId, tokenId, token] = [newId('user'), newId('tok'), newToken()]
  const { orgId } = org
  const email = `${userId}@example.com`
  await web.db.insertInto('users').values({ id: userId, email, name: 'Ada', passwordHash: 'none' }).execute()
  await web.db.insertInto('memberships').values({ orgId, userId, role }).execute()
  await web.db
    .insertInto('apiTokens')
    .values({ id: tokenId, orgId, userId, name: 'test', tokenHash: hashToken(web.keys, token) })
    .execute()
  const sessionId = await createSession(web.db, { userId, orgId, userAgent: 'vitest' })
  const jwt = await encode({ token: { sub: sessionId }, secret: cookieSecret(web) })
  const cookie = `${cookieNames(web).session}=${jwt}`
  return { ctx: { ...org, role }, userId, tokenId, sessionId, bearer: `Bearer ${token}`, cookie }
}
