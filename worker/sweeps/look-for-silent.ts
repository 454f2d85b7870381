import { closeAttempt, lockAttempt } from '../../core/attempts/close-attempt'
import { findSilent, type Silent } from '../../core/attempts/find-silent'
import type { ChannelTo } from '../../core/channels/open-channel'
import { IllegalTransition, StaleAttempt } from '../../core/errors'
import { failLost } from '../../core/jobs/sweep-jobs'
import type { Db } from '../../db/client'
import type { Log } from '../log'

export type SilenceDeps = {
  db: Db
  channelTo: ChannelTo
  log: Log
  installation: string
  silentAfterSeconds: number
  lostAfterSeconds: number
}

/**
 * Looks after claimed attempts that went silent. A box that can be asked is asked: when the supervisor is gone the job fails
 * (box_lost), what it left is ended, and the lease is freed. Otherwise the lost limit decides, and the lease waits until the
 * box can be asked. A supervisor that still runs is left alone: its lines will come.
 */
export async function lookForSilent(deps: SilenceDeps): Promise<void> {
  const silent = await findSilent(deps.db, deps.silentAfterSeconds)
  await Promise.all(silent.map((attempt) => lookAfter(deps, attempt)))
}

async function lookAfter(deps: SilenceDeps, { boxId, processId, silentSeconds, ...ref }: Silent): Promise<void> {
  const { db, installation, log } = deps
  const channel = await deps.channelTo(boxId)
  const verdict = await channel.reap({ ...ref, processId, installation })
  log.info({ ...ref, boxId, silentSeconds, ...verdict }, 'looked for a silent attempt')
  const gone = verdict.kind === 'quiet' || verdict.kind === 'busy'
  const lost = silentSeconds >= deps.lostAfterSeconds
  if (!gone && !lost) return
  const why = gone ? verdict.detail : `no contact for ${Math.round(silentSeconds)} s (${verdict.detail})`
  await failLost(db, ref, `The box lost the job: ${why}.`).catch((error) => {
    // the job is over already: only its attempt is still open
    if (!(error instanceof IllegalTransition || error instanceof StaleAttempt)) throw error
  })
  if (verdict.kind !== 'quiet') return
  await db.transaction().execute(async (tx) => {
    await lockAttempt(tx, ref)
    await closeAttempt(tx, ref, { by: 'reaped', actor: `box:${boxId}`, data: { verdict: verdict.detail } })
  })
}
