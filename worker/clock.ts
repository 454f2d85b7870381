import type { Log } from './log'
import type { Metrics } from './metrics'

/** A loop of the process that can be nudged and stopped. */
export type Clock = { nudge(): void; stop(): Promise<void> }

/**
 * Runs `work` over and over: at once when nudged, else every `everyMs` plus up to a tenth of jitter; never twice at the same
 * time. When it says that there is more to do it goes on at once. An error is logged, and the next turn comes in its time.
 */
export function startClock(
  name: string,
  everyMs: number,
  { log, metrics }: { log: Log; metrics: Pick<Metrics, 'turn'> },
  work: () => Promise<boolean>,
): Clock {
  let nudged = false
  let stopped = false
  let wake: (() => void) | undefined
  const nudge = () => {
    nudged = true
    wake?.()
  }
  const turn = async () => {
    const began = performance.now()
    try {
      const more = await work()
      metrics.turn(name, everyMs, performance.now() - began, true)
      return more
    } catch (error) {
      metrics.turn(name, everyMs, performance.now() - began, false)
      if (!stopped) log.warn({ clock: name, error: (error as Error).message }, 'a turn failed; it is tried again')
      return false
    }
  }
  const run = (async () => {
    while (!stopped) {
      nudged = false
      const more = await turn()
      if (more || nudged || stopped) continue
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, everyMs * (1 + Math.random() / 10))
        wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
      wake = undefined
    }
  })()
  return {
    nudge,
    async stop() {
      stopped = true
      nudge()
      await run
    },
  }
}
