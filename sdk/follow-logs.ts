import { createParser } from 'eventsource-parser'
import { ask, isPassing, pause } from './ask'
import type { Access, LogLine, LogPosition } from './types'

/** The server says something every 20 s. */
const SILENT_MS = 60_000

export type FollowOptions = {
  /** Goes on after this line. Default: from the first. */
  after?: LogPosition
  /** One attempt only. Default: all, from the current one on. */
  attempt?: number
  signal?: AbortSignal
}

/**
 * The lines of a job's log, each once and in order: those that are there, then the rest as it comes. Ends when the job is over and
 * its last line was told. A connection that breaks off is made anew, and goes on after the last line.
 * @throws StoutError when the log may not be read, or no longer
 */
export async function* followLogs(
  access: Access,
  jobId: string,
  { after, attempt, signal }: FollowOptions = {},
): AsyncGenerator<LogLine, void> {
  let last = after
  for (let turn = 1; ; ) {
    try {
      const query = attempt === undefined ? '' : `?attempt=${attempt}`
      const headers: Record<string, string> = last ? { 'last-event-id': `${last.attempt}.${last.n}` } : {}
      const gone = new AbortController()
      const heard = signal ? AbortSignal.any([signal, gone.signal]) : gone.signal
      const answer = await ask(access, `/jobs/${jobId}/logs/stream${query}`, { headers, signal: heard })
      try {
        for await (const line of linesOf(answer, () => gone.abort(new Error('The stream is silent')))) {
          if (line === 'end') return
          last = { attempt: line.attempt, n: line.n }
          turn = 1
          yield line
        }
      } finally {
        gone.abort()
      }
    } catch (error) {
      if (signal?.aborted || !isPassing(error)) throw error
    }
    await pause(turn++, signal)
  }
}

/** What a stream says until it breaks off. */
async function* linesOf(answer: Response, onSilence: () => void): AsyncGenerator<LogLine | 'end'> {
  const said: (LogLine | 'end')[] = []
  const parser = createParser({
    onEvent: ({ event, data }) => {
      if (event === 'end') said.push('end')
      else said.push(...(JSON.parse(data) as LogLine[]))
    },
  })
  const decoder = new TextDecoder()
  let timer = setTimeout(onSilence, SILENT_MS)
  try {
    for await (const piece of answer.body ?? []) {
      clearTimeout(timer)
      parser.feed(decoder.decode(piece, { stream: true }))
      yield* said.splice(0)
      timer = setTimeout(onSilence, SILENT_MS)
    }
  } finally {
    clearTimeout(timer)
  }
}
