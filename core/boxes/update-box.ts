import { sql, type Transaction } from 'kysely'
import type { Box, Database } from '../../db/schema'
import { seal, unseal } from '../access/keys'
import type { LagerAddress } from '../channels/lager-call'
import { type Ctx, requireTo } from '../context'
import { refuseStale } from '../edits/tag'
import type { BoxId } from '../ids'
import { type BoxHappening, recordBoxEvents } from './box-events'
import type { BoxChanges } from './box-fields'
import { findTwins, lockBox, lockFleet, refuseName, refuseRemoved, setGroups, visibleBox } from './fleet-rows'
import { getBox } from './get-box'
import { judgeFindings, refuseBlocked } from './judge-findings'
import { boxTag } from './list-boxes'
import { type Findings, type Fleet, lookAtBox, seenOf } from './look-at-box'

/**
 * Changes a box; what is left out stays. A new address or token is looked at first and must lead to the same box; with
 * `lagerBoxId` the box that answers instead is accepted from now on. Who changed what is an event.
 * @throws NotFound; DomainError `forbidden`, `invalid`, `conflict` as for a new box, and for one that was removed; `precondition_failed`
 */
export async function updateBox(ctx: Ctx, fleet: Fleet, boxId: BoxId, changes: BoxChanges): Promise<void> {
  requireTo(ctx, 'manage')
  const before = await visibleBox(ctx.db, ctx, boxId)
  refuseRemoved(before)
  const address = addressAfter(before, changes, fleet)
  const moved = address.host !== before.host || address.pythonPort !== before.pythonPort
  const mustAnswer = moved || changes.token !== undefined || changes.lagerBoxId !== undefined
  const findings = mustAnswer ? await lookAtBox(fleet, address) : undefined
  await ctx.db.transaction().execute(async (tx) => {
    await lockFleet(tx, ctx.orgId)
    const box = await lockBox(tx, ctx, boxId)
    await refuseStale(ctx, async () => boxTag(await getBox({ ...ctx, db: tx }, boxId)))
    const twins = await findTwins(
      tx,
      ctx.orgId,
      { ...address, name: changes.name, lagerBoxId: identityOf(findings) },
      boxId,
    )
    if (changes.name !== undefined && twins.name !== undefined) refuseName(changes.name)
    if (findings) {
      const expected = changes.lagerBoxId ?? box.lagerBoxId
      refuseBlocked(judgeFindings(findings, { address, installation: fleet.installation, expected, ...twins }))
    }
    await write(tx, fleet, box, changes, findings)
    const happenings = await happeningsOf(tx, box, changes, ctx.requestId)
    if (changes.groups) await setGroups(tx, ctx.orgId, boxId, changes.groups)
    await recordBoxEvents(tx, box, ctx.actor, happenings)
  })
}

function addressAfter(box: Box, changes: BoxChanges, { keys }: Fleet): LagerAddress {
  const { host = box.host, pythonPort = box.pythonPort } = changes
  const kept = box.tokenSealed !== null && changes.token === undefined ? unseal(keys, box.tokenSealed) : null
  return { host, pythonPort, token: changes.token === undefined ? kept : changes.token }
}

function identityOf(findings: Findings | undefined): string | undefined {
  return findings?.kind === 'found' ? findings.inspection.identity.lagerBoxId : undefined
}

async function write(
  tx: Transaction<Database>,
  { keys, installation }: Fleet,
  box: Box,
  { token, labels, groups: _, lagerBoxId: __, ...plain }: BoxChanges,
  findings: Findings | undefined,
): Promise<void> {
  const given = Object.fromEntries(Object.entries(plain).filter(([, value]) => value !== undefined)) as Partial<
    Pick<Box, 'name' | 'host' | 'pythonPort' | 'httpPort' | 'slots' | 'draining'>
  >
  const identity = identityOf(findings)
  await tx
    .updateTable('boxes')
    .set({
      ...{ name: box.name, ...given },
      ...(token !== undefined && { tokenSealed: token === null ? null : seal(keys, token) }),
      ...(labels && { labels: JSON.stringify(labels) }),
      ...(findings?.kind === 'found' && {
        ...seenOf(findings, installation),
        ...{
          lagerBoxId: identity === 'unknown' ? null : (identity ?? null),
          foundBoxId: null,
          identityMismatchAt: null,
        },
        ...{ probedAt: sql<Date>`now()`, lastSeenAt: sql<Date>`now()`, inspectedAt: sql<Date>`now()` },
      }),
    })
    .where('id', '=', box.id)
    .execute()
}

/** What people changed, as events: the fields with both values (of a token only that it changed), and an accepted identity. */
async function happeningsOf(
  tx: Transaction<Database>,
  box: Box,
  changes: BoxChanges,
  requestId: string,
): Promise<BoxHappening[]> {
  const { token, lagerBoxId, ...fields } = changes
  const groups = await tx
    .selectFrom('groupBoxes')
    .innerJoin('groups', 'groups.id', 'groupBoxes.groupId')
    .select('groups.name')
    .where('groupBoxes.boxId', '=', box.id)
    .orderBy('groups.name')
    .execute()
  const before: Record<string, unknown> = { ...box, groups: groups.map(({ name }) => name) }
  const after: Record<string, unknown> = {
    ...fields,
    ...(fields.groups && { groups: [...new Set(fields.groups)].sort() }),
  }
  const changed = Object.entries(after).flatMap(([field, to]) =>
    to === undefined || same(before[field], to) ? [] : [[field, { from: before[field], to }] as const],
  )
  const edits = { ...Object.fromEntries(changed), ...(token !== undefined && { token: {} }) }
  return [
    ...(Object.keys(edits).length > 0 ? [{ type: 'box_edited' as const, data: { changes: edits, requestId } }] : []),
    ...(lagerBoxId !== undefined
      ? [{ type: 'identity_accepted' as const, data: { from: box.lagerBoxId, to: lagerBoxId, requestId } }]
      : []),
  ]
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(sorted(a)) === JSON.stringify(sorted(b))
}

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
}
