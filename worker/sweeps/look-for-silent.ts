import { findSilent, type Silent } from '../../core/attempts/find-silent'
import { closeReaped } from '../../core/attempts/finish-attempt'
import { judgeSilence } from '../../core/attempts/judge-silence'
import type { ReapVerdict } from '../../core/channels/reap'
import { failLost } from '../../core/jobs/sweep-jobs'
import type { Db } from '../../db/client'
import type { Log } from '../log'
import { type ReapDeps, reapOn } from '../reap-on'

export type SilenceDeps = ReapDeps & {
  db: Db
  log: Log
  silentAfterSeconds: number
  lostAfterSeconds: number
  presenceGapSeconds: number
}

/** A box that takes longer than this to begin a run cannot be asked: it holds one back for 69 s at most. */
const PATIENCE_SECONDS = 90
const NO_ANSWER: ReapVerdict = { kind: 'unreachable', detail: 'the box does not answer' }

/**
 * Looks after claimed attempts that went silent; each call begins with what is silent now, and does not wait for boxes. A box
 * that can be asked is asked: what a supervisor that is gone left there is ended and recovered, and the attempt closes. What
 * else there is to decide, `judgeSilence` decides. Safe to run in many workers at once.
 */
export function silenceSweep(deps: SilenceDeps): () => Promise<void> {
  const askedAt = new Map<string, number>()
  const ask = (key: string, silent: Silent) => {
    const { jobId, attempt } = silent
    askedAt.set(key, performance.now())
    lookAfter(deps, silent)
      .catch((error) => deps.log.warn({ jobId, attempt, error: error.message }, 'looking for a silent attempt failed'))
      .finally(() => askedAt.delete(key))
  }
  return async () => {
    for (const silent of await findSilent(deps.db, deps.silentAfterSeconds, deps.presenceGapSeconds)) {
      const key = `${silent.jobId}/${silent.attempt}`
      const since = askedAt.get(key)
      if (since === undefined) ask(key, silent)
      else if (performance.now() - since >= 1_000 * Math.min(PATIENCE_SECONDS, deps.lostAfterSeconds))
        await settle(deps, silent, NO_ANSWER)
    }
  }
}

async function lookAfter(deps: SilenceDeps, silent: Silent): Promise<void> {
  const { jobId, attempt, boxId, silentSeconds } = silent
  const verdict = await reapOn(deps, silent, silentSeconds >= deps.lostAfterSeconds)
  deps.log.info({ jobId, attempt, boxId, silentSeconds, ...verdict }, 'looked for a silent attempt')
  await settle(deps, silent, verdict)
}

async function settle({ db, lostAfterSeconds }: SilenceDeps, silent: Silent, verdict: ReapVerdict): Promise<void> {
  const { jobId, attempt } = silent
  const judgement = judgeSilence(silent, verdict, lostAfterSeconds)
  if (judgement.kind === 'fail') {
    const error = `The box lost the job: ${judgement.why}.`
    await failLost(db, { jobId, attempt }, error, judgement.unlessHeardWithinSeconds)
  }
  if (judgement.kind === 'close') await closeReaped(db, { jobId, attempt }, judgement.why, judgement.data)
}
