import type { Keeps } from '../../core/retention/due'
import { removeOldArtifacts, removeOldJobs, removeOldLogs } from '../../core/retention/remove-old'
import { orgsThatRemove } from '../../core/retention/settings'
import type { Db } from '../../db/client'

/**
 * Removes some of what organisations keep no longer: jobs first, since they take logs and artifacts with them. Returns whether
 * there may be more.
 */
export async function removeOld(db: Db): Promise<boolean> {
  let removed = 0
  for (const { orgId, jobsDays, logsDays, artifactsDays } of await orgsThatRemove(db)) {
    const keeps = (days: number): Keeps => ({ orgId, days })
    if (jobsDays !== null) removed += await removeOldJobs(db, keeps(jobsDays))
    if (logsDays !== null) removed += await removeOldLogs(db, keeps(logsDays))
    if (artifactsDays !== null) removed += await removeOldArtifacts(db, keeps(artifactsDays))
  }
  return removed > 0
}
