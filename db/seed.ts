import { sql, type Transaction } from 'kysely'
import type { BoxId, GroupId, Id, OrgId, UserId } from '../core/ids'
import type { Db } from './client'
import type { Database } from './schema'

type SeedBox = {
  name: string
  host: string
  pythonPort: number
  httpPort: number
  /** Bearer token of the box as core/access/keys.ts seals it; null when it needs none. */
  tokenSealed: string | null
  labels: Record<string, string>
  /** LAGER_BOX_ID when it is known; null leaves what the first claim said. */
  lagerBoxId: string | null
  groups: string[]
}

/** The first things of an installation. Secrets come hashed or sealed. */
export type Seed = {
  orgName: string
  owner: { email: string; name: string; passwordHash: string }
  token: { name: string; hash: Buffer }
  boxes: SeedBox[]
}

/**
 * Brings an organisation with owner, API token and boxes into the database, in one transaction. Run again it makes nothing
 * twice: the owner gets the password given, and boxes known by name get address, labels and token given.
 */
export async function seed(db: Db, { orgName, owner, token, boxes }: Seed): Promise<{ orgId: OrgId }> {
  return await db.transaction().execute(async (tx) => {
    await sql`select pg_advisory_xact_lock(hashtextextended('seed', 0))`.execute(tx)
    const orgId = await ensureOrg(tx, orgName)
    const userId = await ensureOwner(tx, orgId, owner)
    await tx
      .insertInto('apiTokens')
      .values({ id: newId('tok'), orgId, userId, name: token.name, tokenHash: token.hash })
      .onConflict((oc) => oc.column('tokenHash').doNothing())
      .execute()
    await ensureBoxes(tx, orgId, boxes)
    return { orgId }
  })
}

async function ensureOrg(tx: Transaction<Database>, name: string): Promise<OrgId> {
  const known = await tx.selectFrom('orgs').select('id').where('name', '=', name).orderBy('id').executeTakeFirst()
  if (known) return known.id
  const id = newId('org')
  await tx.insertInto('orgs').values({ id, name }).execute()
  return id
}

async function ensureOwner(tx: Transaction<Database>, orgId: OrgId, owner: Seed['owner']): Promise<UserId> {
  const { name, passwordHash } = owner
  const user = await tx
    .insertInto('users')
    .values({ id: newId('user'), email: owner.email.toLowerCase(), name, passwordHash })
    .onConflict((oc) => oc.column('email').doUpdateSet({ name, passwordHash }))
    .returning('id')
    .executeTakeFirstOrThrow()
  await tx
    .insertInto('memberships')
    .values({ orgId, userId: user.id, role: 'owner' })
    .onConflict((oc) => oc.columns(['orgId', 'userId']).doUpdateSet({ role: 'owner' }))
    .execute()
  return user.id
}

async function ensureBoxes(tx: Transaction<Database>, orgId: OrgId, boxes: SeedBox[]): Promise<void> {
  if (boxes.length === 0) return
  const known = await tx
    .selectFrom('boxes')
    .select(['id', 'name', 'host', 'pythonPort'])
    .where('orgId', '=', orgId)
    .execute()
  const byName = new Map(known.map((box) => [box.name, box]))
  const moved = boxes.flatMap((box) => {
    const old = byName.get(box.name)
    return old && (old.host !== box.host || old.pythonPort !== box.pythonPort) ? [old.id] : []
  })
  // Two boxes may have exchanged their addresses, which are unique: all that move leave theirs first.
  if (moved.length > 0) {
    await tx
      .updateTable('boxes')
      .set((eb) => ({ host: eb.ref('id'), status: 'unknown', statusDetail: null, identityMismatchAt: null }))
      .where('id', 'in', moved)
      .execute()
  }
  for (const box of boxes) {
    const boxId = await ensureBox(tx, orgId, byName.get(box.name)?.id, box)
    for (const group of box.groups) await ensureInGroup(tx, orgId, group, boxId)
  }
}

async function ensureBox(tx: Transaction<Database>, orgId: OrgId, id: BoxId | undefined, box: SeedBox): Promise<BoxId> {
  const { groups: _, name, labels, lagerBoxId, ...address } = box
  const facts = { ...address, labels: JSON.stringify(labels), ...(lagerBoxId !== null && { lagerBoxId }) }
  if (id) {
    await tx.updateTable('boxes').set(facts).where('id', '=', id).execute()
    return id
  }
  const fresh = newId('box')
  await tx
    .insertInto('boxes')
    .values({ ...facts, id: fresh, orgId, name })
    .execute()
  return fresh
}

async function ensureInGroup(tx: Transaction<Database>, orgId: OrgId, name: string, boxId: BoxId): Promise<void> {
  const id: GroupId = newId('group')
  await tx
    .insertInto('groups')
    .values({ id, orgId, name })
    .onConflict((oc) => oc.columns(['orgId', 'name']).doNothing())
    .execute()
  const group = await tx
    .selectFrom('groups')
    .select('id')
    .where('orgId', '=', orgId)
    .where('name', '=', name)
    .executeTakeFirstOrThrow()
  await tx
    .insertInto('groupBoxes')
    .values({ groupId: group.id, boxId })
    .onConflict((oc) => oc.doNothing())
    .execute()
}

/** As core/ids.ts makes them; this folder imports nothing from core at run time. */
function newId<P extends string>(prefix: P): Id<P> {
  return `${prefix}_${Date.now().toString(36).padStart(9, '0')}${crypto.randomUUID().replaceAll('-', '')}`
}
