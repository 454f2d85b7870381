import { setTimeout as sleep } from 'node:timers/promises'
import type { RequestCtx } from '../auth/door'
import type { Web } from '../compose'

/** Keeps proxies patient. */
const KEEPALIVE_MS = 20_000
/** How often an open stream looks whether it has been silent for long. */
const LOOK_MS = 2_000
/** Also makes headers leave at once. Browsers connect again after a second. */
const HELLO = 'retry: 1000\n: stout\n\n'
const KEEPALIVE = ': keepalive\n\n'

/** One message of an event stream. */
export function frame(data: unknown): string {
  return frameOf(JSON.stringify(data))
}

/** @param json has no line breaks of its own */
export function frameOf(json: string, { id, event }: { id?: string; event?: string } = {}): string {
  return `${id ? `id: ${id}\n` : ''}${event ? `event: ${event}\n` : ''}data: ${json}\n\n`
}

/**
 * Answers with an event stream. Pulled, not pushed: nothing is read ahead of a slow reader, so it slows its own queries and not
 * the heap. It ends when `frames` ends, the reader goes away, the process stops, or the caller's session or token is revoked.
 * A failure ends it without a word; a reader that was told no `end` connects again and resumes by Last-Event-ID.
 */
export function eventStream(
  web: Pick<Web, 'closing' | 'log' | 'metrics' | 'callers'>,
  request: Request,
  ctx: RequestCtx,
  kind: 'log' | 'live',
  frames: (signal: AbortSignal) => AsyncGenerator<string>,
): Response {
  const gone = new AbortController()
  const counted = web.metrics.streamBegins(kind)
  const unwatched = web.callers.watch(ctx.credential, () => gone.abort())
  const signal = AbortSignal.any([request.signal, web.closing.signal, gone.signal])
  const said = speak(frames(signal), signal)
  const end = () => {
    counted()
    unwatched()
    gone.abort()
  }
  signal.addEventListener('abort', end, { once: true }) // nobody may ever have begun to read
  const encoder = new TextEncoder()
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await said.next()
          if (!done) return controller.enqueue(encoder.encode(value))
        } catch (error) {
          web.log.warn({ requestId: ctx.requestId, error: (error as Error).message }, 'an event stream broke off')
        }
        end()
        controller.close()
      },
      async cancel() {
        end()
        await said.return(undefined)
      },
    },
    { highWaterMark: 0 },
  )
  return new Response(body, {
    headers: {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
      'x-content-type-options': 'nosniff',
    },
  })
}

/** The frames, with a comment where they are silent for long. */
async function* speak(frames: AsyncGenerator<string>, signal: AbortSignal): AsyncGenerator<string> {
  let saidAt = Date.now()
  let next: Promise<IteratorResult<string>> | undefined
  try {
    yield HELLO
    while (!signal.aborted) {
      next ??= frames.next()
      const result = await within(next, LOOK_MS)
      if (result !== undefined) {
        next = undefined
        if (result.done) return
        saidAt = Date.now()
        yield result.value
      } else if (Date.now() - saidAt >= KEEPALIVE_MS) {
        saidAt = Date.now()
        yield KEEPALIVE
      }
    }
  } finally {
    next?.catch(() => undefined)
    frames.return(undefined).catch(() => undefined)
  }
}

/** What the promise gives, or undefined after `ms`. */
async function within<T>(promise: Promise<T>, ms: number): Promise<T | undefined> {
  const enough = new AbortController()
  const timeout = sleep(ms, undefined, { signal: enough.signal }).catch(() => undefined)
  try {
    return await Promise.race([promise, timeout])
  } finally {
    enough.abort()
  }
}
