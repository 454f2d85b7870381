import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { createParser } from 'eventsource-parser'
import { WebSocket } from 'ws'
import type { Line, System } from './system'

/** Gets lines as they arrive, with the instant of their arrival in ms since the epoch. What it throws ends the watching. */
type Hear = (lines: Line[], atMs: number) => void
/** A reader whose stream is open. `ended` resolves once the log said its end, and rejects when the stream ends otherwise. */
export type Watching = { ended: Promise<void>; leave(): void }
/** A way to follow a log: each as its clients use it, over a connection of its own. */
export type Door = (system: System, jobId: string, hear: Hear) => Promise<Watching>

/** Server-sent events, from the web process. */
export const byStream: Door = async ({ api, token }, jobId, hear) => {
  const headers = { authorization: `Bearer ${token}` }
  const asked = get(`${api}/jobs/${jobId}/logs/stream`, { headers, agent: false })
  const [response] = (await once(asked, 'response')) as [IncomingMessage]
  if (response.statusCode !== 200) throw new Error(`The stream was answered ${response.statusCode}`)
  const watching = new Ears(hear, () => response.destroy())
  let atMs = 0
  const parser = createParser({
    onEvent: ({ event, data }) => watching.take(event ?? 'message', () => JSON.parse(data), atMs),
  })
  response.setEncoding('utf8').on('data', (piece: string) => {
    atMs = Date.now()
    parser.feed(piece)
  })
  response.on('error', () => undefined) // `close` follows
  response.on('close', () => watching.closed())
  return watching
}

/** A WebSocket, to the worker. */
export const bySocket: Door = async ({ workerPort, token }, jobId, hear) => {
  const headers = { authorization: `Bearer ${token}` }
  const socket = new WebSocket(`ws://127.0.0.1:${workerPort}/api/v1/jobs/${jobId}/logs/ws`, { headers })
  await once(socket, 'open')
  const watching = new Ears(hear, () => socket.terminate())
  socket.on('message', (text: Buffer) => {
    const atMs = Date.now()
    const { event, data } = JSON.parse(text.toString()) as { event: string; data: Line[] }
    watching.take(event, () => data, atMs)
  })
  socket.on('error', () => undefined) // `close` follows
  socket.on('close', () => watching.closed())
  return watching
}

class Ears implements Watching {
  readonly #end = Promise.withResolvers<void>()

  constructor(
    private readonly hear: Hear,
    readonly leave: () => void,
  ) {
    this.ended.catch(() => undefined) // whoever waits for all of them comes late to the first that fails
  }

  get ended(): Promise<void> {
    return this.#end.promise
  }

  take(event: string, lines: () => Line[], atMs: number): void {
    try {
      if (event === 'end') this.#end.resolve()
      else this.hear(lines(), atMs)
    } catch (error) {
      this.#end.reject(error)
      this.leave()
    }
  }

  closed(): void {
    this.#end.reject(new Error('A stream ended before the log did'))
  }
}
