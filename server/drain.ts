import { subscribe } from 'node:diagnostics_channel'
import type { Server, ServerResponse } from 'node:http'
import type { Log } from './log'

/** What is still being answered so long after SIGTERM is cut. Those who deploy wait for ten seconds. */
const DRAIN_MS = 8_000

/**
 * Ends this process well when it is asked to: every open stream ends at once (its reader goes on at another process), what is
 * being answered is answered, and each answer ends its connection. Next alone would wait for streams, and for connections over which requests
 * keep coming, for ever; and would say 143 where nothing went wrong.
 */
export function drainWhenAsked(closing: AbortController, log: Log): void {
  const drain = (signal: string) => {
    if (closing.signal.aborted) return
    log.info({ signal }, 'closing streams')
    closing.abort()
    process.once('exit', () => {
      process.exitCode = 0
    })
    setTimeout(() => {
      log.warn({ afterMs: DRAIN_MS }, 'cutting what is still being answered')
      process.exit(0)
    }, DRAIN_MS).unref()
  }
  process.once('SIGTERM', drain)
  process.once('SIGINT', drain)
  subscribe('http.server.request.start', (message) => {
    const { response } = message as { response: ServerResponse }
    if (closing.signal.aborted) response.setHeader('connection', 'close')
  })
  subscribe('http.server.response.finish', (message) => {
    const { server } = message as { server: Server }
    if (closing.signal.aborted) setImmediate(() => server.closeIdleConnections())
  })
}
