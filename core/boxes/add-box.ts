import { sql } from 'kysely'
import { seal } from '../access/keys'
import { type Ctx, requireTo } from '../context'
import { once } from '../idempotency/once'
import { type BoxId, newId } from '../ids'
import { recordBoxEvents } from './box-events'
import type { NewBox } from './box-fields'
import { findTwins, lockFleet, refuseName, setGroups } from './fleet-rows'
import { judgeFindings, refuseBlocked } from './judge-findings'
import { type Fleet, lookAtBox, seenOf } from './look-at-box'

/**
 * Adds a box that answers at an address. It is looked at anew, whatever a probe said before, and is ready for jobs at once,
 * unless it cannot call back: then it gets none until it can.
 * @throws DomainError `forbidden`; `invalid` (unreachable, unauthorised, no runtime or one too old); `conflict` (name, address
 *   or identity are another box's already, or not the box answers that was expected)
 */
export async function addBox(ctx: Ctx, fleet: Fleet, input: NewBox): Promise<BoxId> {
  requireTo(ctx, 'manage')
  const findings = await lookAtBox(fleet, input)
  const { installation } = fleet
  const { name, host, pythonPort, httpPort, slots, token } = input
  const boxId: BoxId = newId('box')
  return await once(ctx, async (tx) => {
    await lockFleet(tx, ctx.orgId)
    const found = findings.kind === 'found' ? findings.inspection.identity.lagerBoxId : 'unknown'
    const twins = await findTwins(tx, ctx.orgId, { name, host, pythonPort, lagerBoxId: found })
    refuseBlocked(judgeFindings(findings, { address: input, installation, expected: input.lagerBoxId, ...twins }))
    if (findings.kind === 'refused') throw new Error('An address that refused was not refused')
    if (twins.name !== undefined) refuseName(name)
    const lagerBoxId = found === 'unknown' ? null : found
    await tx
      .insertInto('boxes')
      .values({
        ...{ id: boxId, orgId: ctx.orgId, name, host, pythonPort, httpPort, slots, lagerBoxId },
        ...seenOf(findings, installation),
        tokenSealed: token === null ? null : seal(fleet.keys, token),
        labels: JSON.stringify(input.labels),
        ...{ probedAt: sql`now()`, lastSeenAt: sql`now()`, inspectedAt: sql`now()` },
      })
      .execute()
    await setGroups(tx, ctx.orgId, boxId, input.groups)
    const { version, nets } = findings.facts
    const canCallBack = findings.callBacks.every(({ ok }) => ok)
    const data = { name, address: `${host}:${pythonPort}`, lagerBoxId, version, nets, canCallBack }
    const happening = { type: 'box_added' as const, data: { ...data, requestId: ctx.requestId } }
    await recordBoxEvents(tx, { id: boxId, orgId: ctx.orgId }, ctx.actor, [happening])
    return boxId
  })
}
