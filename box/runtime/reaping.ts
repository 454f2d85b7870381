import { setTimeout as delay } from 'node:timers/promises'

/** Longest that a start waits for others to be gone, in ms. */
const LONGEST_WAIT_MS = 69_000

/** Knows which runs are just being ended. A new one waits for them, so that two never hold the bench at once. */
export class Reaping {
  private readonly underWay = new Set<Promise<unknown>>()

  /** Counts as under way until `ended` settles. */
  add(ended: Promise<unknown>): void {
    const settled = ended.catch(() => undefined).finally(() => this.underWay.delete(settled))
    this.underWay.add(settled)
  }

  /** Resolves when nothing is being ended any more, or after 69 s. */
  async whenQuiet(): Promise<void> {
    const limit = new AbortController()
    const timedOut = delay(LONGEST_WAIT_MS, 'late' as const, { signal: limit.signal, ref: false }).catch(
      () => undefined,
    )
    while (this.underWay.size > 0) {
      if ((await Promise.race([Promise.all(this.underWay), timedOut])) === 'late') break
    }
    limit.abort()
  }
}
