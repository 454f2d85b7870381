import type { Db } from '../../db/client'
import type { AttemptRef } from '../attempts/tokens'
import type { JobId } from '../ids'
import { isTerminal } from '../jobs/state'
import { jobTopic, type LiveBus, logTopic } from '../live/bus'
import type { LogTails } from './log-tails'
import type { LogLine } from './read-lines'

/** Without a wake-up a follower looks again after this: a lost one delays, never loses. */
const LOOK_AGAIN_MS = 5_000

/** A batch of lines in order, or the end: the attempt closed and everything was said. */
export type LogPage = { lines: LogLine[] } | { end: AttemptRef & { lastN: number } }
export type FollowDeps = { db: Db; bus: LiveBus; logTails: LogTails }
export type LogPosition = { attempt?: number; afterN: number }

/**
 * Follows a job's log: every line after `from`, once and in order, first those that are there, then the rest as it comes.
 * Without `from.attempt` it goes on from the current attempt to the next ones, and ends when the job has ended and its last
 * attempt has closed. With it, it ends when that attempt closes.
 */
export async function* followLog(
  deps: FollowDeps,
  jobId: JobId,
  from: LogPosition & { pinned: boolean },
  signal: AbortSignal,
): AsyncGenerator<LogPage> {
  let attempt = from.attempt ?? 0
  let afterN = from.afterN
  for (;;) {
    attempt = attempt || (await nextAttempt(deps, jobId, 0, signal))
    if (signal.aborted) return
    if (attempt > 0) {
      for await (const lines of followAttempt(deps, { jobId, attempt }, afterN, signal)) {
        afterN = lines.at(-1)?.n ?? afterN
        yield { lines }
      }
    }
    if (signal.aborted) return
    const next = from.pinned ? 0 : await nextAttempt(deps, jobId, attempt, signal)
    if (signal.aborted) return
    if (next === 0) return yield { end: { jobId, attempt, lastN: afterN } }
    attempt = next
    afterN = 0
  }
}

/** The lines of one attempt after `afterN`, until it is closed and all were read. */
async function* followAttempt(
  { bus, logTails }: FollowDeps,
  ref: AttemptRef,
  afterN: number,
  signal: AbortSignal,
): AsyncGenerator<LogLine[]> {
  using alarm = new Alarm(bus, [logTopic(ref.jobId, ref.attempt), jobTopic(ref.jobId)], signal)
  using tail = logTails.follow(ref)
  let next = afterN + 1
  let closed = false
  let seenOpen = false // until then a log may have ended long ago, and nobody will ring
  while (!signal.aborted) {
    alarm.reset()
    const page = await tail.read(next)
    if (page.lines.length > 0) {
      yield page.lines
      next = (page.lines.at(-1)?.n ?? next) + 1
    } else if (closed) {
      return // it was closed before this look, so nothing can follow
    }
    closed = page.closed
    seenOpen ||= page.lines.length === 0 && !closed
    if (page.atEnd && seenOpen && !closed) await alarm.rings(LOOK_AGAIN_MS)
  }
}

/** The attempt after `current`, waiting for it if need be; 0 when the job has ended and none will come. */
async function nextAttempt(
  { db, bus }: { db: Db; bus: LiveBus },
  jobId: JobId,
  current: number,
  signal: AbortSignal,
): Promise<number> {
  using alarm = new Alarm(bus, [jobTopic(jobId)], signal)
  while (!signal.aborted) {
    alarm.reset()
    const job = await db.selectFrom('jobs').select(['state', 'attempt']).where('id', '=', jobId).executeTakeFirst()
    if (job && job.attempt > current) return job.attempt
    if (!job || isTerminal(job.state)) return 0
    await alarm.rings(LOOK_AGAIN_MS)
  }
  return 0
}

/** Remembers whether any of some topics woke since `reset`, so that nothing falls between reading and waiting. */
class Alarm implements Disposable {
  #rang = false
  #ring: (() => void) | undefined
  readonly #ends: (() => void)[]

  constructor(bus: LiveBus, topics: string[], signal: AbortSignal) {
    const ring = () => {
      this.#rang = true
      this.#ring?.()
    }
    signal.addEventListener('abort', ring)
    this.#ends = [...topics.map((topic) => bus.subscribe(topic, ring)), () => signal.removeEventListener('abort', ring)]
  }

  reset(): void {
    this.#rang = false
  }

  async rings(withinMs: number): Promise<void> {
    if (this.#rang) return
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, withinMs)
      this.#ring = () => {
        clearTimeout(timer)
        resolve()
      }
    })
    this.#ring = undefined
  }

  [Symbol.dispose](): void {
    for (const end of this.#ends) end()
  }
}
