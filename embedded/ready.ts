import type { Children } from './children'
import { until } from './process'

const LIMIT_MS = 60_000
/** A child that died so often does not come up by itself. */
const DEATHS = 3

/**
 * Polls until `ask` returns null, or `isStopped` says that nobody waits any more.
 * @param what  is waited for, for people
 * @param names of the children whose logs tell why it does not come up
 * @param ask   null when all is well, else what is missing; may throw
 * @throws Error with the end of the log of what failed
 */
export async function untilReady(
  children: Children,
  {
    what,
    names,
    ask,
    isStopped,
  }: {
    what: string
    names: readonly string[]
    ask: () => Promise<string | null>
    isStopped: () => boolean
  },
): Promise<void> {
  let answer: string | null = 'nothing yet'
  const brokenChild = () => children.names().find((name) => children.deaths(name) >= DEATHS)
  const over = async () => {
    if (isStopped() || brokenChild()) return true
    try {
      answer = await ask()
    } catch (error) {
      answer = String(error instanceof Error && error.cause ? error.cause : error)
    }
    return answer === null
  }
  const inTime = await until(over, LIMIT_MS, 100)
  if (isStopped()) return
  const broken = brokenChild()
  if (broken) throw new Error(`${broken} does not start. The end of its log:\n${children.lastLines(broken)}`)
  if (inTime) return
  const logs = names.map((name) => `--- ${children.logFile(name)}\n${children.lastLines(name)}`)
  throw new Error(`${what} is not ready after ${LIMIT_MS / 1000} s; it says: ${answer}\n${logs.join('\n')}`)
}
