import { createHash, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { RequestError } from './replies'

export type Handler = (req: IncomingMessage, res: ServerResponse) => Promise<void> | void
export type Reply = (res: ServerResponse, status: number, body: unknown) => void

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

/** Whether a request may pass: there is no token, it carries the token, or it is the health check. */
function isAuthorised(req: IncomingMessage, token: string | undefined): boolean {
  if (token === undefined || (req.method === 'GET' && req.url === '/health')) return true
  const [, given = ''] = /^Bearer (.+)$/i.exec(req.headers.authorization ?? '') ?? []
  return timingSafeEqual(digest(given), digest(token))
}

/** Answers what Node could not parse. A stock box says 400 to a Content-Length that is no number. */
function answerUnparsable(error: Error, socket: Duplex): void {
  if (!socket.writable) return
  const body = JSON.stringify({ error: `Failed to parse request: ${error.message}`, status: 'error' }, null, 2)
  socket.end(`HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n${body}`)
}

/** Runs a handler; what it throws becomes the answer, or the end of the connection when an answer has begun. */
async function answer(handler: Handler, fail: Reply, req: IncomingMessage, res: ServerResponse): Promise<void> {
  try {
    await handler(req, res)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    if (res.headersSent) res.destroy()
    else if (error instanceof RequestError) fail(res, error.status, message)
    else fail(res, 500, `Internal server error: ${message}`)
  }
}

/**
 * Listens for one port of a box. Node answers HTTP/1.1 where a stock box says 1.0; the rest is alike: one request for
 * each connection, no `100 Continue`, no limit on the time or size of an upload.
 *
 * @param fail writes an error in the port's own shape
 */
export async function listen(
  handler: Handler,
  fail: Reply,
  at: { host: string; port: number; token: string | undefined },
): Promise<Server> {
  const server = createServer({ requestTimeout: 0, headersTimeout: 0, keepAliveTimeout: 0 })
  // A client may close its sending half and still read the answer; streams look at it themselves.
  Object.assign(server, { httpAllowHalfOpen: true })
  const onRequest = (req: IncomingMessage, res: ServerResponse) => {
    res.on('error', () => undefined) // the client went away; 'close' follows
    if (isAuthorised(req, at.token)) void answer(handler, fail, req, res)
    else fail(res, 401, 'Unauthorized')
  }
  server.on('request', onRequest)
  server.on('checkContinue', onRequest)
  server.on('clientError', answerUnparsable)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(at.port, at.host, () => {
      server.off('error', reject)
      resolve()
    })
  })
  return server
}

/** The port that a server listens on. */
export function portOf(server: Server): number {
  return (server.address() as AddressInfo).port
}

/** Stops listening and cuts every connection that is still open. */
export async function stopListening(server: Server): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve))
  server.closeAllConnections()
  await closed
}
