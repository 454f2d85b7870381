import { giveUpUploads } from '../../core/artifacts/give-up-uploads'
import { findUndispatched } from '../../core/attempts/find-undispatched'
import { beat, CONTACT_SECONDS } from '../../core/attempts/presence'
import { callBackTargets } from '../../core/boxes/call-back'
import type { Env } from '../../core/env'
import {
  expireOverdue,
  giveUpOverdue,
  orgsThatWait,
  orgsWithRestedBoxes,
  returnUnclaimed,
} from '../../core/jobs/sweep-jobs'
import type { LiveBus } from '../../core/live/bus'
import { orgsToPlace, requestPlacement } from '../../core/placement/place-jobs'
import type { Store } from '../../core/store/store'
import type { Db } from '../../db/client'
import { type Clock, startClock } from '../clock'
import type { DispatchDeps } from '../dispatch'
import type { Log } from '../log'
import type { Metrics } from '../metrics'
import type { Queues } from '../queues'
import { cleanUp } from './clean-up'
import { boxInspections } from './inspect-boxes'
import { silenceSweep } from './look-for-silent'
import { mendQueues } from './mend-queues'
import { startPacking } from './pack-logs'
import { probeDueBoxes } from './probe-boxes'
import { removeOld } from './remove-old'
import { holdWatch } from './watch-holds'

const SILENCE_MS = 5_000
const MEND_MS = 5_000
const HOLDS_MS = 5_000
/** Looks overlap by this, so that a rest that ends between two of them is in one. */
const REST_OVERLAP_SECONDS = 1

export type SweepParts = {
  env: Env
  db: Db
  bus: LiveBus
  store: Store
  queues: Queues
  log: Log
  metrics: Metrics
  dispatching: DispatchDeps
}

/** Starts what a worker looks after by itself, each at its own pace; every worker runs all of it. */
export function startSweeps(parts: SweepParts): Clock[] {
  const { env, db, bus, dispatching } = parts
  const everyMs = env.SWEEP_SECONDS * 1_000
  const silence = {
    ...dispatching,
    silentAfterSeconds: env.ATTEMPT_SILENT_AFTER_SECONDS,
    lostAfterSeconds: env.ATTEMPT_LOST_AFTER_SECONDS,
    presenceGapSeconds: env.PRESENCE_GAP_SECONDS,
  }
  const lookForSilent = silenceSweep(silence)
  const lookAtHolds = holdWatch(db, bus)
  return [
    startClock('presence', everyMs, parts, async () => {
      await beat(db, env.PRESENCE_GAP_SECONDS)
      return false
    }),
    startClock('limits', everyMs, parts, async () => {
      await giveUpOverdue(db)
      await returnUnclaimed(db, env.DISPATCH_LIMIT_SECONDS, dispatching.rest)
      await expireOverdue(db, CONTACT_SECONDS, env.PRESENCE_GAP_SECONDS)
      await giveUpUploads(db, env.UPLOAD_LIMIT_SECONDS, CONTACT_SECONDS, env.PRESENCE_GAP_SECONDS)
      return false
    }),
    startPlacementSweep(everyMs, parts),
    ...(env.REDIS_URL ? [] : [startClock('queues', MEND_MS, parts, () => mendQueues(db).then(() => false))]),
    startClock('silence', Math.min(SILENCE_MS, 500 * env.ATTEMPT_SILENT_AFTER_SECONDS), parts, async () => {
      await lookForSilent()
      return false
    }),
    startClock('holds', HOLDS_MS, parts, () => lookAtHolds().then(() => false)),
    startClock(
      'probe',
      everyMs,
      parts,
      async () => (await probeDueBoxes({ ...silence, everySeconds: env.BOX_PROBE_SECONDS })) > 0,
    ),
    startClock('clean', env.CLEAN_UP_SECONDS * 1_000, parts, () => cleanUp(parts)),
    startClock('retention', env.RETENTION_SWEEP_SECONDS * 1_000, parts, () => removeOld(db)),
    ...(env.BOX_INSPECT_SECONDS > 0 ? [startInspections(parts)] : []),
    ...(env.LOG_PACK_AFTER_SECONDS > 0 ? [startPacking(parts)] : []),
  ]
}

/** Asks for placement where a box has rested since the last look, and hands on what was placed or to be placed and left lying. */
function startPlacementSweep(everyMs: number, parts: SweepParts): Clock {
  const { db, queues } = parts
  let lookedAt: number | undefined
  return startClock('placement', everyMs, parts, async () => {
    const now = performance.now()
    // the first look of a process: rests may have ended while no worker ran
    const sinceSeconds = lookedAt !== undefined && (now - lookedAt) / 1_000 + REST_OVERLAP_SECONDS
    const orgs = sinceSeconds === false ? await orgsThatWait(db) : await orgsWithRestedBoxes(db, sinceSeconds)
    await requestPlacement(db, orgs)
    lookedAt = now
    for (const orgId of await orgsToPlace(db)) await queues.add('place', { orgId }, { id: `place-${orgId}` })
    for (const ref of await findUndispatched(db)) {
      await queues.add('dispatch', ref, { id: `dispatch-${ref.jobId}-${ref.attempt}` })
    }
    return false
  })
}

function startInspections(parts: SweepParts): Clock {
  const { env, dispatching } = parts
  const callBacks = callBackTargets(env.STOUT_BOX_URL)
  const inspect = boxInspections({ ...dispatching, callBacks, everySeconds: env.BOX_INSPECT_SECONDS })
  return startClock('inspect', env.SWEEP_SECONDS * 1_000, parts, async () => (await inspect()) > 0)
}
