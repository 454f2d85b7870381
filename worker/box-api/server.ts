import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { METRICS_REFUSAL, mayReadMetrics, wasForwarded } from '../../core/access/metrics-door'
import { DomainError } from '../../core/errors'
import type { JobId } from '../../core/ids'
import { requestIdFrom } from '../../core/request-id'
import type { Log } from '../log'
import type { LogSockets } from '../sockets/log-sockets'
import type { BoxApiDeps } from './call'
import { ROUTES } from './routes'

export type BoxApi = { port: number; close(): Promise<void> }

const PATH = /^\/box\/v1\/attempts\/(job_[0-9a-z]{1,64})\/([1-9][0-9]{0,5})\/([a-z]{1,20})$/

/**
 * Serves what supervisors call (docs/box-api.md), and hands on the WebSockets of others.
 * @param listen port 0 takes any free one
 */
export async function serveBoxApi(
  deps: BoxApiDeps,
  listen: { host: string; port: number },
  log: Log,
  sockets: Pick<LogSockets, 'upgrade' | 'close'>,
): Promise<BoxApi> {
  const server = createServer(
    { keepAliveTimeout: 75_000, requestTimeout: 120_000, noDelay: true },
    (request, response) => {
      void answer(deps, request, response, log)
    },
  )
  server.on('upgrade', (request, connection, head) => void sockets.upgrade(request, connection, head))
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(listen.port, listen.host, 1_024, resolve)
  })
  const address = server.address()
  return {
    port: typeof address === 'object' && address ? address.port : listen.port,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      sockets.close()
      server.closeIdleConnections()
      const force = setTimeout(() => server.closeAllConnections(), 1_000) // control streams: supervisors come back
      await closed
      clearTimeout(force)
    },
  }
}

async function answer(deps: BoxApiDeps, request: IncomingMessage, response: ServerResponse, log: Log): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://box-api')
  const requestId = requestIdFrom(request.headers['x-request-id']?.toString())
  response.setHeaders(deps.answerHeaders).setHeader('x-request-id', requestId)
  const [, jobId, attempt, verb = ''] = PATH.exec(url.pathname) ?? []
  const route = ROUTES[`${request.method} ${verb}`]
  const timed = deps.metrics.request.startTimer({ verb: route ? verb : 'none' })
  const where = { requestId, path: url.pathname, ...(jobId && { jobId, attempt: Number(attempt) }) }
  response.on('close', () => {
    const status = response.statusCode
    timed({ status })
    log.debug({ ...where, status }, 'box API answered')
  })
  try {
    if (url.pathname === '/health') {
      send(response, 200, { status: 'healthy', service: 'stout-worker', installation: deps.installation })
      return
    }
    if (url.pathname === '/metrics') return await tellMetrics(deps, request, response)
    if (!jobId) throw new DomainError('not_found', `There is no ${request.method} ${url.pathname} here.`)
    if (!route) {
      // a newer supervisor meets an older worker in the middle of a deployment: nothing is wrong with its attempt
      return send(response, 501, {
        code: 'unknown_message',
        message: `There is no ${request.method} ${url.pathname} here.`,
      })
    }
    const token = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '')?.[1]
    if (token === undefined)
      throw new DomainError('unauthenticated', "Send the attempt's token: Authorization: Bearer …")
    const ref = { jobId: jobId as JobId, attempt: Number(attempt) }
    const told = await route(deps, { ref, request, response, url, token })
    if (told !== 'streaming') send(response, 200, told)
  } catch (error) {
    refuse(request, response, error, where, log)
  }
}

/** @throws DomainError `forbidden` */
async function tellMetrics(deps: BoxApiDeps, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { headers, socket } = request
  const asked = {
    authorization: headers.authorization ?? null,
    peer: socket.remoteAddress,
    forwarded: wasForwarded(headers),
  }
  if (!mayReadMetrics(deps.metricsToken, asked)) throw new DomainError('forbidden', METRICS_REFUSAL)
  const text = await deps.metrics.text()
  response.writeHead(200, { 'content-type': deps.metrics.contentType, 'cache-control': 'no-store' }).end(text)
}

function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  error: unknown,
  where: { requestId: string; path: string },
  log: Log,
): void {
  if (response.headersSent) {
    response.destroy()
    return
  }
  if (!request.complete) response.setHeader('connection', 'close') // the rest of the body is not read
  if (error instanceof DomainError) {
    const { code, message, detail, issues, status } = error
    log.info({ ...where, status, message }, 'box API refused')
    send(response, status, { ...detail, code: detail.reason ?? code, message, ...(issues.length > 0 && { issues }) })
    return
  }
  log.error({ ...where, error: (error as Error).message }, 'box API failed')
  send(response, 503, { code: 'unavailable', message: 'The control plane is in trouble; try again.' })
}

function send(response: ServerResponse, status: number, body: object): void {
  const text = JSON.stringify(body)
  response
    .writeHead(status, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
      ...(status === 503 && { 'retry-after': '2' }),
    })
    .end(text)
}
