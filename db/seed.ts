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
 * twice: the owner gets the password given, and boxes known by name get address, labels and token given. A box that somebody
 * removed stays removed; `removed` names it.
 */
export async function seed(
  db: Db,
  { orgName, owner, token, boxes }: Seed,
): Promise<{ orgId: OrgId; removed: string[] }> {
  return await db.transaction().execute(async (tx) => {
    await sql`select pg_advisory_xact_lock(hashtextextended('seed', 0))`.execute(tx)
    const orgId = await ensureOrg(tx, orgName)
    const userId = await ensureOwner(tx, orgId, owner)
    await tx
      .insertInto('apiTokens')
      .values({ id: newId('tok'), orgId, userId, name: token.name, tokenHash: token.hash })
      .onConflict((oc) => oc.column('tokenHash').doNothing())
      .execute()
    const removed = await ensureBoxes(tx, orgId, boxes)
    return { orgId, removed }
  })
}

/** The organisation of this name; the oldest, should there be several, and a new one where there is none. */
export async function ensureOrg(tx: Transaction<Database>, name: string): Promise<OrgId> {
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

type Known = { id: BoxId; name: string; host: string; pythonPort: number; removed: boolean }

/** Adds or brings up to date; returns the names of those that somebody removed. */
async function ensureBoxes(tx: Transaction<Database>, orgId: OrgId, boxes: SeedBox[]): Promise<string[]> {
  const pairs: { box: SeedBox; known: Known | undefined }[] = []
  for (const box of boxes) pairs.push({ box, known: await findBox(tx, orgId, box) })
  const moved = pairs.flatMap(({ box, known }) =>
    known && !known.removed && (known.host !== box.host || known.pythonPort !== box.pythonPort) ? [known.id] : [],
  )
  // Two boxes may have exchanged their addresses, which are unique: all that move leave theirs first.
  if (moved.length > 0) {
    await tx
      .updateTable('boxes')
      .set((eb) => ({ host: eb.ref('id'), status: 'unknown', statusDetail: null, identityMismatchAt: null }))
      .where('id', 'in', moved)
      .execute()
  }
  for (const { box, known } of pairs) {
    if (known?.removed) continue
    const boxId = await ensureBox(tx, orgId, known?.id, box)
    if (boxId) for (const group of box.groups) await ensureInGroup(tx, orgId, group, boxId)
  }
  return pairs.flatMap(({ box, known }) => (known?.removed ? [box.name] : []))
}

/**
 * The box by who it is, should people call it otherwise, and by its name where that is not known; one that was removed only
 * when there is no other.
 */
async function findBox(
  tx: Transaction<Database>,
  orgId: OrgId,
  { name, lagerBoxId }: SeedBox,
): Promise<Known | undefined> {
  return await tx
    .selectFrom('boxes')
    .select(['id', 'name', 'host', 'pythonPort'])
    .select(sql<boolean>`removed_at is not null`.as('removed'))
    .where('orgId', '=', orgId)
    .where(sql<boolean>`case when lager_box_id is null or ${lagerBoxId}::text is null then name = ${name}
      else lager_box_id = ${lagerBoxId} end`)
    .orderBy(sql`removed_at is not null`)
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst()
}

/** Returns nothing where another box has its name or address by now: that one is left alone. */
async function ensureBox(
  tx: Transaction<Database>,
  orgId: OrgId,
  id: BoxId | undefined,
  box: SeedBox,
): Promise<BoxId | undefined> {
  const { groups: _, name, labels, lagerBoxId, ...address } = box
  const facts = { ...address, labels: JSON.stringify(labels), ...(lagerBoxId !== null && { lagerBoxId }) }
  if (id) {
    await tx.updateTable('boxes').set(facts).where('id', '=', id).execute()
    return id
  }
  const added = await tx
    .insertInto('boxes')
    .values({ ...facts, id: newId('box'), orgId, name })
    .onConflict((oc) => oc.doNothing())
    .returning('id')
    .executeTakeFirst()
  return added?.id
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
