import { getAttempt } from '../core/attempts/control'
import type { AttemptRef } from '../core/attempts/tokens'
import type { ChannelTo } from '../core/channels/open-channel'
import type { Db } from '../db/client'
import { lockUser } from './dispatch'

/** Releases the box's own lock of a closed attempt, by its own name. Safe to repeat: nobody else has that name. */
export async function tidy(
  deps: { db: Db; channelTo: ChannelTo; installation: string },
  ref: AttemptRef,
): Promise<void> {
  const attempt = await getAttempt(deps.db, ref)
  if (attempt?.phase !== 'closed' || !attempt.boxLocked) return
  const channel = await deps.channelTo(attempt.boxId)
  await channel.unlock(lockUser(deps.installation, ref))
  await deps.db
    .updateTable('attempts')
    .set({ boxLocked: false })
    .where('jobId', '=', ref.jobId)
    .where('attempt', '=', ref.attempt)
    .execute()
}
