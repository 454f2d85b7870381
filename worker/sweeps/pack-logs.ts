import type { Env } from '../../core/env'
import { packLog } from '../../core/logs/pack-log'
import { leaveLog, TAKEN_SECONDS, takeLogToPack } from '../../core/logs/take-log-to-pack'
import type { Store } from '../../core/store/store'
import type { Db } from '../../db/client'
import { type Clock, startClock } from '../clock'
import type { Log } from '../log'
import type { Metrics } from '../metrics'

type Parts = { env: Env; db: Db; store: Store; log: Log; metrics: Metrics }

/** Packs logs one after the other. A stop breaks off the one in hand, however large it is: it can be done again. */
export function startPacking(parts: Parts): Clock {
  const stopping = new AbortController()
  const everyMs = parts.env.SWEEP_SECONDS * 1_000
  const { nudge, stop } = startClock('pack', everyMs, parts, () => packNextLog(parts, stopping.signal))
  return {
    nudge,
    async stop() {
      stopping.abort()
      await stop()
    },
  }
}

/**
 * Packs one log whose time has come; true when there may be more. Any number of workers share them out. After a failure there is
 * a pause: the store may be away, and would be for the next log too.
 */
async function packNextLog({ env, db, store, log }: Parts, stopping: AbortSignal): Promise<boolean> {
  const taken = stopping.aborted ? undefined : await takeLogToPack(db, env.LOG_PACK_AFTER_SECONDS)
  if (!taken) return false
  const { jobId, attempt, lastN } = taken
  try {
    await packLog({ db, store }, taken, AbortSignal.any([stopping, AbortSignal.timeout(1_000 * TAKEN_SECONDS)]))
    log.debug({ jobId, attempt, lines: lastN }, 'a log was packed')
    return true
  } catch (error) {
    await leaveLog(db, taken, stopping.aborted)
    const { message, cause } = error as Error
    log.warn(
      { jobId, attempt, error: message, cause: String(cause ?? '') },
      'a log could not be packed now; it stays where it is',
    )
    return false
  }
}
