import { finishAttempt } from '../../core/attempts/finish-attempt'
import { recordExit } from '../../core/attempts/record-exit'
import type { AttemptRef } from '../../core/attempts/tokens'
import { logTopic } from '../../core/live/bus'
import { appendBatches } from '../../core/logs/append-lines'
import { aBatch } from '../../core/testing/batches'
import { aBox, aJob } from '../../core/testing/fixtures'
import type { Web } from '../compose'
import type { Member } from './fixtures'

const NO_LIMITS = { maxBytes: 1e9, maxLines: 1e9 }

/** A job on a box of its own, whose supervisor is the test. */
export async function aRunningJob({ ctx }: Member): Promise<AttemptRef> {
  await aBox(ctx)
  return { jobId: (await aJob(ctx, { state: 'running' })).id, attempt: 1 }
}

/** Lines as a supervisor sends them, with the wake-up that the worker gives. */
export async function append(
  { db, bus }: Pick<Web, 'db' | 'bus'>,
  ref: AttemptRef,
  firstN: number,
  texts: (string | Buffer)[],
  flags = 0,
): Promise<void> {
  await appendBatches(db, [{ ...ref, batch: aBatch(firstN, texts, flags) }], NO_LIMITS)
  await bus.publish([{ topic: logTopic(ref.jobId, ref.attempt), n: firstN + texts.length - 1 }])
}

/** The end of the attempt, and of the job. */
export async function close({ db, bus }: Pick<Web, 'db' | 'bus'>, ref: AttemptRef, lastN: number): Promise<void> {
  await recordExit(db, ref, { exitCode: 0, signal: null, endedBy: 'script', durationMs: 1 })
  await finishAttempt(db, ref, lastN, [])
  await bus.publish([{ topic: `job:${ref.jobId}`, n: 99 }])
}
