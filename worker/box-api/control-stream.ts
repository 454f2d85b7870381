import type { ServerResponse } from 'node:http'
import { controlState, getAttempt } from '../../core/attempts/control'
import type { AttemptRef } from '../../core/attempts/tokens'
import { controlTopic, type LiveBus } from '../../core/live/bus'
import type { Db } from '../../db/client'

const KEEPALIVE_MS = 5_000

/**
 * Keeps a supervisor told: the whole control state when it differs from `known`, and again whenever it changes. Looks again
 * with each keepalive, so that a lost wake-up only delays. Ends when the attempt has closed.
 */
export function streamControl(
  deps: { db: Db; bus: LiveBus },
  ref: AttemptRef,
  known: number,
  response: ServerResponse,
): void {
  let told = known
  let looking = false
  let again = false
  response.writeHead(200, { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' })

  const lookOnce = async () => {
    const attempt = await getAttempt(deps.db, ref)
    if (!attempt || attempt.phase === 'closed') {
      response.end()
    } else if (attempt.controlVersion !== told) {
      told = attempt.controlVersion
      response.write(`${JSON.stringify(controlState(attempt, attempt.now))}\n`)
    }
  }
  const look = async () => {
    again = true
    if (looking) return
    looking = true
    while (again && response.writable) {
      again = false
      await lookOnce().catch(() => undefined) // the database is away: the next keepalive looks again
    }
    looking = false
  }
  const unsubscribe = deps.bus.subscribe(controlTopic(ref.jobId, ref.attempt), () => void look())
  const keepalive = setInterval(() => {
    response.write('\n')
    void look()
  }, KEEPALIVE_MS)
  response.on('close', () => {
    clearInterval(keepalive)
    unsubscribe()
  })
  response.write('\n')
  void look()
}
