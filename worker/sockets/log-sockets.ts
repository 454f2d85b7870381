import { type IncomingMessage, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { type RawData, type WebSocket, WebSocketServer } from 'ws'
import { z } from 'zod'
import type { CallerWatch } from '../../core/access/caller-watch'
import { bearerOf, type Caller, callerBySession, callerByToken, isOwnOrigin } from '../../core/access/callers'
import { clientAddress } from '../../core/access/client-address'
import type { Keys } from '../../core/access/keys'
import { type OpenCookie, sessionIdOf } from '../../core/access/session-cookie'
import { DomainError } from '../../core/errors'
import type { JobId } from '../../core/ids'
import type { FollowDeps } from '../../core/logs/follow-log'
import type { LogSource } from '../../core/logs/log-blocks'
import { logStreamQuery, openLogStream } from '../../core/logs/log-stream'
import { requestIdFrom } from '../../core/request-id'
import type { Log } from '../log'
import { CLOSE, keepAlive, pump } from './pump'

export type SocketDeps = FollowDeps &
  LogSource & {
    keys: Keys
    callers: CallerWatch
    openCookie: OpenCookie
    publicUrl: string
    /** STOUT_PROXIES */
    proxies: number
    log: Log
    /** How many are open. */
    openSockets: { inc(): void; dec(): void }
    stalledMs?: number
  }

type Query = z.infer<typeof logStreamQuery>
type OpenLog = Awaited<ReturnType<typeof openLogStream>>
type Asked = { jobId: JobId; query: Query; requestId: string }

const PATH = /^\/api\/v1\/jobs\/(job_[0-9a-z]{1,80})\/logs\/ws$/
const HELLO_MS = 10_000
const RETRY_SECONDS = 2
/** Sockets that have not said yet who they are. */
const MOST_STRANGERS = 200
/** What a client may say at once: its first message. */
const MOST_BYTES = 4_096
const hello = logStreamQuery.partial().extend({ token: z.string().max(200) })

/**
 * WebSockets on which people and programs follow logs: `GET /api/v1/jobs/{jobId}/logs/ws`, with the messages of the event stream as JSON. Who
 * asks is said by the Authorization header, by the session cookie (from our own pages alone), or by the first message.
 */
export class LogSockets {
  readonly #server = new WebSocketServer({ noServer: true, maxPayload: MOST_BYTES, perMessageDeflate: false })
  readonly #closing = new AbortController()
  #strangers = 0

  constructor(private readonly deps: SocketDeps) {}

  /** Answers a request to upgrade; one that is refused is told why by HTTP. */
  async upgrade(request: IncomingMessage, connection: Duplex, head: Buffer): Promise<void> {
    connection.on('error', () => connection.destroy())
    try {
      const asked = askedBy(request)
      const caller = await this.#callerOf(request)
      if (!caller && this.#strangers >= MOST_STRANGERS)
        throw new DomainError('unavailable', 'Too many are waiting here.')
      const open = caller && (await this.#open(caller, asked))
      this.#server.handleUpgrade(request, connection, head, (socket) => {
        socket.on('error', () => socket.terminate())
        keepAlive(socket)
        this.deps.openSockets.inc()
        socket.once('close', () => this.deps.openSockets.dec())
        if (caller && open) void this.#follow(socket, caller, open, asked)
        else void this.#meet(socket, asked, this.#addressOf(request))
      })
    } catch (error) {
      refuse(connection, error)
    }
  }

  /** Ends all of them; their readers go on at another worker. */
  close(): void {
    this.#closing.abort()
    for (const socket of this.#server.clients) socket.close(...CLOSE.restart)
    setTimeout(() => {
      for (const socket of this.#server.clients) socket.terminate()
    }, 1_000).unref()
  }

  /** @throws DomainError when what came along is not good; undefined when nothing did */
  async #callerOf(request: IncomingMessage): Promise<Caller | undefined> {
    const { authorization, cookie, origin, host } = request.headers
    if (authorization !== undefined)
      return await callerByToken(this.deps, bearerOf(authorization), this.#addressOf(request))
    if (!cookie || !isOwnOrigin(origin, host, this.deps.publicUrl)) return undefined
    return await callerBySession(this.deps.db, await sessionIdOf(this.deps, cookie))
  }

  #addressOf({ socket, headers }: IncomingMessage): string {
    return clientAddress(socket.remoteAddress, headers['x-forwarded-for']?.toString(), this.deps.proxies)
  }

  async #open({ orgId, role, actor }: Caller, { jobId, query, requestId }: Asked): Promise<OpenLog> {
    return await openLogStream(this.deps, { db: this.deps.db, orgId, role, actor, requestId }, jobId, query)
  }

  /** Waits for the message that says who this is. */
  async #meet(socket: WebSocket, asked: Asked, address: string): Promise<void> {
    this.#strangers++
    const first = await firstMessage(socket).finally(() => this.#strangers--)
    if (first === undefined) return socket.close(...CLOSE.unauthenticated)
    try {
      const { token, ...more } = hello.parse(JSON.parse(first))
      const caller = await callerByToken(this.deps, token, address)
      const query = logStreamQuery.parse({ ...asked.query, ...more })
      await this.#follow(socket, caller, await this.#open(caller, { ...asked, query }), asked)
    } catch (error) {
      const { status, message } = explain(error)
      socket.close(4_000 + status, message.slice(0, 120))
    }
  }

  async #follow(socket: WebSocket, { credential }: Caller, open: OpenLog, { requestId, jobId }: Asked): Promise<void> {
    const gone = new AbortController()
    const unwatched = this.deps.callers.watch(credential, () => {
      gone.abort()
      socket.close(...CLOSE.unauthenticated)
      setTimeout(() => socket.terminate(), 1_000).unref() // one that reads nothing does not hear of it
    })
    socket.once('close', () => gone.abort())
    if (socket.readyState !== socket.OPEN) gone.abort()
    const signal = AbortSignal.any([gone.signal, this.#closing.signal])
    try {
      await pump(socket, open(signal), signal, this.deps.stalledMs)
    } catch (error) {
      this.deps.log.warn({ requestId, jobId, error: (error as Error).message }, 'a log socket broke off')
      socket.close(...CLOSE.unavailable)
    } finally {
      unwatched()
    }
  }
}

/** @throws DomainError `not_found`, or ZodError */
function askedBy({ url = '/', headers }: IncomingMessage): Asked {
  const { pathname, searchParams } = new URL(url, 'http://worker')
  const jobId = PATH.exec(pathname)?.[1]
  if (!jobId) throw new DomainError('not_found', `There is no WebSocket at ${pathname}.`)
  const query = logStreamQuery.parse(Object.fromEntries(searchParams))
  return { jobId: jobId as JobId, query, requestId: requestIdFrom(headers['x-request-id']?.toString()) }
}

/** Undefined when none comes in time. */
async function firstMessage(socket: WebSocket): Promise<string | undefined> {
  return await new Promise((resolve) => {
    const timer = setTimeout(() => resolve(undefined), HELLO_MS)
    const done = (data?: RawData) => {
      clearTimeout(timer)
      resolve(data?.toString())
    }
    socket.once('message', done)
    socket.once('close', () => done())
  })
}

type Refusal = { status: number; code: string; message: string; retryAfterSeconds?: number }

function explain(error: unknown): Refusal {
  if (error instanceof DomainError) {
    const { status, code, message, detail } = error
    const passes = status === 429 || status === 503
    return {
      status,
      code,
      message,
      ...(passes && { retryAfterSeconds: Number(detail.retryAfterSeconds ?? RETRY_SECONDS) }),
    }
  }
  if (error instanceof z.ZodError) {
    const message = error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ')
    return { status: 400, code: 'bad_request', message }
  }
  if (error instanceof SyntaxError) return { status: 400, code: 'bad_request', message: 'The message is no JSON.' }
  const message = 'The control plane is in trouble; try again.'
  return { status: 503, code: 'unavailable', message, retryAfterSeconds: RETRY_SECONDS }
}

function refuse(connection: Duplex, error: unknown): void {
  const { status, code, message, retryAfterSeconds } = explain(error)
  const body = JSON.stringify({ code, message })
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
    ...(status === 401 ? ['www-authenticate: Bearer realm="stout"'] : []),
    ...(retryAfterSeconds === undefined ? [] : [`retry-after: ${retryAfterSeconds}`]),
  ]
  connection.end(`${head.join('\r\n')}\r\n\r\n${body}`)
}
