import { findClosedOn, type OnBox } from '../../core/attempts/on-box'
import type { AttemptRef } from '../../core/attempts/tokens'
import { recordRemains } from '../../core/boxes/record-remains'
import type { BoxId } from '../../core/ids'
import type { Db } from '../../db/client'
import type { Log } from '../log'
import { type ReapDeps, reapOn } from '../reap-on'

export type RemainsDeps = ReapDeps & { db: Db; log: Log }

/**
 * Ends and removes what lies on a box of attempts that are over: their supervisor was killed, or the box was restarted, after Stout
 * was done with them or a manager had released their hold. What Stout does not know may be another installation's, and stays. So
 * does what lies there when the box has got a job meanwhile: it waits for the next look.
 * @param found attempts whose directories lie on the box
 */
export async function endRemains(deps: RemainsDeps, boxId: BoxId, found: readonly AttemptRef[]): Promise<void> {
  for (const ref of found) {
    const over = await findClosedOn(deps.db, boxId, ref)
    if (over?.alone) await endRemainsOf(deps, over)
  }
}

async function endRemainsOf(deps: RemainsDeps, over: OnBox): Promise<void> {
  const { jobId, attempt, boxId } = over
  const verdict = await reapOn(deps, over, true)
  deps.log.info({ jobId, attempt, boxId, ...verdict }, 'looked for remains of an attempt that is over')
  if (verdict.kind !== 'gone') return
  const { quiet, ended, removed } = verdict.remains
  if (quiet && (removed || ended > 0)) await recordRemains(deps.db, boxId, over, ended)
}
