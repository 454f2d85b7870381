import type { WebSocket } from 'ws'
import type { LogMessage } from '../../core/logs/log-stream'

/** Also finds readers that went away without a word. */
const PING_MS = 20_000
/** A reader that takes nothing for this long is cut; it resumes after the last message that it got. */
const STALLED_MS = 30_000

export const CLOSE = {
  end: [1000, 'end'],
  restart: [1012, 'The worker restarts; come back.'],
  unavailable: [1013, 'The log cannot be read just now; come back.'],
  unauthenticated: [4401, 'The session or token opens nothing, or no longer.'],
} as const satisfies Record<string, [number, string]>

/**
 * Sends messages until they end or `signal` is aborted. Pulled, not pushed: the next one is read when the one before has left this
 * process, so that a slow reader holds one message and no more.
 * @param stalledMs see STALLED_MS
 */
export async function pump(
  socket: WebSocket,
  messages: AsyncGenerator<LogMessage>,
  signal: AbortSignal,
  stalledMs = STALLED_MS,
): Promise<void> {
  for await (const message of messages) {
    if (signal.aborted) return
    await send(socket, textOf(message), stalledMs)
  }
  if (!signal.aborted) socket.close(...CLOSE.end)
}

function textOf(message: LogMessage): string {
  const id = message.event === 'message' ? `"id":${JSON.stringify(message.id)},` : ''
  return `{"event":"${message.event}",${id}"data":${message.json}}`
}

/** Resolves when the system has taken it; a reader for whom it does not is cut. */
async function send(socket: WebSocket, text: string, stalledMs: number): Promise<void> {
  const stalled = setTimeout(() => socket.terminate(), stalledMs)
  try {
    await new Promise<void>((resolve) => socket.send(text, () => resolve()))
  } finally {
    clearTimeout(stalled)
  }
}

/** Pings until the socket is closed; one that does not answer by the next ping is cut. */
export function keepAlive(socket: WebSocket, everyMs = PING_MS): void {
  let answered = true
  socket.on('pong', () => {
    answered = true
  })
  const timer = setInterval(() => {
    if (!answered) return socket.terminate()
    answered = false
    socket.ping()
  }, everyMs)
  socket.once('close', () => clearInterval(timer))
}
