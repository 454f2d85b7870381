import { sql, type Transaction } from 'kysely'
import type { Database } from '../../db/schema'
import type { Ctx } from '../context'
import { recordEvents } from './record-events'

/** What people change about an organisation itself. */
export type OrgHappening = {
  type:
    | ('retention_changed' | 'token_created' | 'token_revoked')
    | ('group_created' | 'group_renamed' | 'group_deleted')
  data: Record<string, unknown>
}

/** Locks the organisation's row: its events are written one after the other. */
export async function lockOrg(tx: Transaction<Database>, { orgId }: Pick<Ctx, 'orgId'>): Promise<void> {
  await tx.selectFrom('orgs').select('id').where('id', '=', orgId).forNoKeyUpdate().execute()
}

/** Records what the caller did to the organisation, in a transaction that has locked its row. */
export async function recordOrgEvent(
  tx: Transaction<Database>,
  { orgId, actor, requestId }: Pick<Ctx, 'orgId' | 'actor' | 'requestId'>,
  { type, data }: OrgHappening,
): Promise<void> {
  const { last } = await tx
    .selectFrom('events')
    .select((eb) => eb.fn.coalesce(eb.fn.max('seq'), sql<number>`0`).as('last'))
    .where('subject', '=', orgId)
    .executeTakeFirstOrThrow()
  await recordEvents(tx, [{ subject: orgId, seq: last + 1, orgId, type, actor, data: { ...data, requestId } }])
}
