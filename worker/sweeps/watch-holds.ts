import { slotsHeldUp } from '../../core/boxes/held-slots'
import type { OrgId } from '../../core/ids'
import { boxesTopic, type LiveBus } from '../../core/live/bus'
import type { Db } from '../../db/client'

/**
 * Wakes the pages of boxes when what they say of a held slot has changed since the last call, which no event tells: its supervisor
 * is not heard of any more, or again, or it may be freed by hand now.
 */
export function holdWatch(db: Db, bus: LiveBus): () => Promise<void> {
  let before = new Map<string, OrgId>()
  return async () => {
    const now = new Map((await slotsHeldUp(db)).map((slot) => [JSON.stringify(slot), slot.orgId]))
    const orgs = [...changes(before, now), ...changes(now, before)]
    before = now
    if (orgs.length > 0) await bus.publish([...new Set(orgs)].map((orgId) => ({ topic: boxesTopic(orgId), n: 0 })))
  }
}

/** Organisations of what is in one and not in the other. */
function changes(one: ReadonlyMap<string, OrgId>, other: ReadonlyMap<string, OrgId>): OrgId[] {
  return [...one].filter(([slot]) => !other.has(slot)).map(([, orgId]) => orgId)
}
