import { sql } from 'kysely'
import type { Db } from '../../db/client'
import type { Role } from '../../db/schema'
import { newId, type OrgId, type SessionId, type UserId } from '../ids'

/** How long a session lasts from sign-in, whatever is done with it. */
export const SESSION_SECONDS = 30 * 86_400

export type Session = { sessionId: SessionId; userId: UserId; orgId: OrgId; role: Role }

/** Begins a session of a user in an organisation. */
export async function createSession(
  db: Db,
  { userId, orgId, userAgent }: { userId: UserId; orgId: OrgId; userAgent: string },
): Promise<SessionId> {
  const id: SessionId = newId('sess')
  await db
    .insertInto('sessions')
    .values({
      id,
      userId,
      orgId,
      userAgent: userAgent.slice(0, 300),
      expiresAt: sql<Date>`now() + ${SESSION_SECONDS} * interval '1 second'`,
    })
    .execute()
  return id
}

/**
 * The session, if it still opens doors: not revoked, not expired, its user still a member. Asked on every request; notes once
 * a minute that it was seen.
 */
export async function checkSession(db: Db, sessionId: SessionId): Promise<Session | undefined> {
  const found = await db
    .selectFrom('sessions')
    .innerJoin('memberships', (join) =>
      join.onRef('memberships.orgId', '=', 'sessions.orgId').onRef('memberships.userId', '=', 'sessions.userId'),
    )
    .select(['sessions.id as sessionId', 'sessions.userId', 'sessions.orgId', 'memberships.role'])
    .select(sql<boolean>`sessions.last_seen_at > now() - interval '1 minute'`.as('seenLately'))
    .where('sessions.id', '=', sessionId)
    .where('sessions.revokedAt', 'is', null)
    .where('sessions.expiresAt', '>', sql<Date>`now()`)
    .executeTakeFirst()
  if (!found) return undefined
  const { seenLately, ...session } = found
  if (!seenLately) {
    await db.updateTable('sessions').set({ lastSeenAt: sql<Date>`now()` }).where('id', '=', sessionId).execute()
  }
  return session
}

/** Ends a session for good. Harmless when it has ended. */
export async function revokeSession(db: Db, sessionId: SessionId): Promise<void> {
  await db
    .updateTable('sessions')
    .set({ revokedAt: sql<Date>`now()` })
    .where('id', '=', sessionId)
    .where('revokedAt', 'is', null)
    .execute()
}
