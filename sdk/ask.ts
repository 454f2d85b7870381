import { setTimeout as sleep } from 'node:timers/promises'
import type { Access } from './types'

const TIMEOUT_MS = 30_000
const TRIES = 6
const MOST_PAUSE_MS = 10_000

/** An answer that says no. `code` and `message` are those of the API; see its description at /api/v1/openapi.json. */
export class StoutError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly issues: { path: string; message: string }[] = [],
  ) {
    super(message)
    this.name = 'StoutError'
  }
}

export type Asking = {
  method?: string
  headers?: Record<string, string>
  body?: unknown
  signal?: AbortSignal | undefined
}

/**
 * Asks the REST API once. Ends when the answer begins; what follows has no time limit but that of `signal`.
 * @throws StoutError for every answer that says no; TypeError when there is none
 */
export async function ask({ url, token }: Access, path: string, asking: Asking = {}): Promise<Response> {
  const { method = 'GET', headers = {}, body, signal } = asking
  const late = new AbortController()
  const timer = setTimeout(() => late.abort(new Error('No answer in time')), TIMEOUT_MS)
  try {
    const answer = await fetch(`${url.replace(/\/+$/, '')}/api/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: signal ? AbortSignal.any([signal, late.signal]) : late.signal,
    })
    if (!answer.ok) throw await errorOf(answer)
    return answer
  } finally {
    clearTimeout(timer)
  }
}

async function errorOf(answer: Response): Promise<StoutError> {
  const said = (await answer.json().catch(() => ({}))) as Partial<Pick<StoutError, 'code' | 'message' | 'issues'>>
  return new StoutError(answer.status, said.code ?? 'unknown', said.message ?? answer.statusText, said.issues)
}

/** True for what may be over in a moment: no answer, too many requests, a server in trouble. */
export function isPassing(error: unknown): boolean {
  return error instanceof StoutError ? error.status === 429 || error.status >= 500 : true
}

/** Does it again while what went wrong may pass. Only for what can be repeated. */
export async function patiently<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  for (let turn = 1; ; turn++) {
    try {
      return await work()
    } catch (error) {
      if (turn === TRIES || signal?.aborted || !isPassing(error)) throw error
    }
    await pause(turn, signal)
  }
}

/** The pause before another try: half a second, doubled each time. */
export async function pause(turn: number, signal?: AbortSignal): Promise<void> {
  await sleep(Math.min(MOST_PAUSE_MS, 250 * 2 ** turn), undefined, signal && { signal })
}
