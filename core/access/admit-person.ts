import type { Transaction } from 'kysely'
import { sql } from 'kysely'
import type { Db } from '../../db/client'
import type { Database, Role } from '../../db/schema'
import { ensureOrg } from '../../db/seed'
import { newId, type OrgId, type UserId } from '../ids'

type Person = {
  /** Compared without regard to case. */
  email: string
  /** Name of the organisation; made where there is none of that name. */
  organisation: string
  role: Role
  passwordHash: string
}

/**
 * Lets somebody in: makes the person, and the organisation, where they are not known; gives a known one the role and password given
 * and ends their sessions. For whoever runs the installation, by its database alone; no way leads here from outside.
 */
export async function admitPerson(
  db: Db,
  { email, organisation, role, passwordHash }: Person,
): Promise<{ orgId: OrgId; userId: UserId; known: boolean }> {
  return await db.transaction().execute(async (tx) => {
    await sql`select pg_advisory_xact_lock(hashtextextended('seed', 0))`.execute(tx)
    const orgId = await ensureOrg(tx, organisation)
    const { userId, known } = await ensureUser(tx, email.trim().toLowerCase(), passwordHash)
    await tx
      .insertInto('memberships')
      .values({ orgId, userId, role })
      .onConflict((oc) => oc.columns(['orgId', 'userId']).doUpdateSet({ role }))
      .execute()
    return { orgId, userId, known }
  })
}

async function ensureUser(tx: Transaction<Database>, email: string, passwordHash: string) {
  const found = await tx.selectFrom('users').select('id').where('email', '=', email).executeTakeFirst()
  if (!found) {
    const userId = newId('user')
    await tx
      .insertInto('users')
      .values({ id: userId, email, name: email.replace(/@.*/, ''), passwordHash })
      .execute()
    return { userId, known: false }
  }
  await tx.updateTable('users').set({ passwordHash }).where('id', '=', found.id).execute()
  await tx
    .updateTable('sessions')
    .set({ revokedAt: sql<Date>`now()` })
    .where('userId', '=', found.id)
    .where('revokedAt', 'is', null)
    .execute()
  return { userId: found.id, known: true }
}
