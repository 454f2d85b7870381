import type { Db } from '../../db/client'
import type { SessionId } from '../ids'
import { verifyPassword } from './passwords'
import { createSession } from './sessions'

/** Longer ones are nobody's: an e-mail address has at most 254 characters. */
const MAX_CHARACTERS = 1_024

/**
 * Begins a session for e-mail and password, in the organisation that the user joined first.
 * @returns undefined when they don't fit, after the same time whether or not somebody has that e-mail
 */
export async function signIn(
  db: Db,
  { email, password, userAgent }: { email: string; password: string; userAgent: string },
): Promise<SessionId | undefined> {
  const sane = [email, password].every((text) => text.length <= MAX_CHARACTERS && !text.includes('\0'))
  const user = sane
    ? await db
        .selectFrom('users')
        .innerJoin('memberships', 'memberships.userId', 'users.id')
        .select(['users.id', 'users.passwordHash', 'memberships.orgId'])
        .where('users.email', '=', email.trim().toLowerCase())
        .orderBy('memberships.createdAt')
        .executeTakeFirst()
    : undefined
  const right = await verifyPassword(user?.passwordHash, sane ? password : '')
  return user && right ? await createSession(db, { userId: user.id, orgId: user.orgId, userAgent }) : undefined
}
