import { type Ctx, requireTo } from '../context'
import { refuseStale } from '../edits/tag'
import { lockOrg, recordOrgEvent } from '../events/record-org-event'
import { type Retention, readRetention, retentionTag } from './settings'

/**
 * Says for how long an organisation keeps its jobs, logs and artifacts; what is not given stays as it is. What has become too old
 * goes with the next turns of the sweep. Recorded as an event of the organisation.
 * @throws DomainError `forbidden`, `precondition_failed`
 */
export async function changeRetention(
  ctx: Ctx,
  changes: { [K in keyof Retention]?: Retention[K] | undefined },
): Promise<Retention> {
  requireTo(ctx, 'manage')
  const { db, orgId } = ctx
  return await db.transaction().execute(async (tx) => {
    await lockOrg(tx, ctx)
    const before = await readRetention(tx, orgId)
    await refuseStale(ctx, () => retentionTag(before))
    const given = Object.entries(changes).filter(([, days]) => days !== undefined)
    const after: Retention = { ...before, ...Object.fromEntries(given) }
    if (JSON.stringify(before) === JSON.stringify(after)) return before
    const { jobsDays: keepJobsDays, logsDays: keepLogsDays, artifactsDays: keepArtifactsDays } = after
    await tx
      .updateTable('orgs')
      .set({ keepJobsDays, keepLogsDays, keepArtifactsDays })
      .where('id', '=', orgId)
      .execute()
    await recordOrgEvent(tx, ctx, { type: 'retention_changed', data: { before, after } })
    return after
  })
}
