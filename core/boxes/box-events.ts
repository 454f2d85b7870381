import { sql, type Transaction } from 'kysely'
import type { Box, Database } from '../../db/schema'
import { recordEvents } from '../events/record-events'

/** What can happen to a box. Each of them is a reason to place waiting jobs anew. */
export type BoxHappening = {
  type:
    | 'box_added'
    | 'box_edited' // by people
    | 'box_changed' // as a probe saw it
    | 'box_rebooted'
    | 'box_removed'
    | 'box_released' // a slot was freed by hand
    | 'remains_removed' // of an attempt that was over
    | 'identity_mismatch'
    | 'identity_restored'
    | 'identity_accepted'
  data: Record<string, unknown>
}

/** Records what happened to a box, in the caller's transaction, which holds the box's row. */
export async function recordBoxEvents(
  tx: Transaction<Database>,
  { id, orgId }: Pick<Box, 'id' | 'orgId'>,
  actor: string,
  happenings: readonly BoxHappening[],
): Promise<void> {
  if (happenings.length === 0) return
  const { last } = await tx
    .selectFrom('events')
    .select((eb) => eb.fn.coalesce(eb.fn.max('seq'), sql<number>`0`).as('last'))
    .where('subject', '=', id)
    .executeTakeFirstOrThrow()
  await recordEvents(
    tx,
    happenings.map(({ type, data }, index) => ({ subject: id, seq: last + 1 + index, orgId, type, actor, data })),
  )
}
