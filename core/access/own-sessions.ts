import { sql } from 'kysely'
import { z } from 'zod'
import type { Ctx } from '../context'
import { NotFound } from '../errors'
import type { SessionId, UserId } from '../ids'
import { revokeSession } from './sessions'

export const sessionViewSchema = z.object({
  id: z.string(),
  userAgent: z.string(),
  createdAt: z.iso.datetime(),
  lastSeenAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
  current: z.boolean(),
})
export type SessionView = z.infer<typeof sessionViewSchema>
type Holder = Pick<Ctx, 'db'> & { userId: UserId; credential: { kind: string; id: string } }

const liveSessions = ({ db, userId }: Holder) =>
  db
    .selectFrom('sessions')
    .where('userId', '=', userId)
    .where('revokedAt', 'is', null)
    .where('expiresAt', '>', sql<Date>`now()`)

/** Where the caller is signed in, last seen first, in whatever organisation. */
export async function listSessions(ctx: Holder): Promise<SessionView[]> {
  const rows = await liveSessions(ctx)
    .select(['id', 'userAgent', 'createdAt', 'lastSeenAt', 'expiresAt'])
    .orderBy('lastSeenAt', 'desc')
    .orderBy('id')
    .execute()
  return rows.map(({ createdAt, lastSeenAt, expiresAt, ...rest }) => ({
    ...rest,
    createdAt: createdAt.toISOString(),
    lastSeenAt: lastSeenAt.toISOString(),
    expiresAt: expiresAt.toISOString(),
    current: rest.id === ctx.credential.id,
  }))
}

/** Signs the caller out where that session was begun. Harmless when it has ended. @throws NotFound when it is not the caller's */
export async function revokeOwnSession(ctx: Holder, sessionId: SessionId): Promise<void> {
  const own = await ctx.db
    .selectFrom('sessions')
    .select('id')
    .where('id', '=', sessionId)
    .where('userId', '=', ctx.userId)
    .executeTakeFirst()
  if (!own) throw new NotFound('session', sessionId)
  await revokeSession(ctx.db, sessionId)
}

/** Signs the caller out everywhere else. Returns how many sessions ended. */
export async function revokeOtherSessions(ctx: Holder): Promise<number> {
  const ended = await ctx.db
    .updateTable('sessions')
    .set({ revokedAt: sql<Date>`now()` })
    .where(
      'id',
      'in',
      liveSessions(ctx)
        .select('id')
        .where('id', '<>', ctx.credential.id as SessionId),
    )
    .executeTakeFirst()
  return Number(ended.numUpdatedRows)
}
