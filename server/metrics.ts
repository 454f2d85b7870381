import { subscribe } from 'node:diagnostics_channel'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { clientAddress } from '../core/access/client-address'
import { wasForwarded } from '../core/access/metrics-door'

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']
export type Metrics = ReturnType<typeof openMetrics>

/** What the web process tells at /metrics; docs/operations.md describes each. */
export function openMetrics() {
  const register = new Registry()
  collectDefaultMetrics({ register })
  const requests = new Counter({
    name: 'stout_http_requests_total',
    help: 'Requests, by the template of their route.',
    labelNames: ['method', 'route', 'status'],
    registers: [register],
  })
  const seconds = new Histogram({
    name: 'stout_http_request_seconds',
    help: 'Until an answer began, by the template of the route.',
    labelNames: ['route'],
    buckets: SECONDS,
    registers: [register],
  })
  const streams = new Gauge({
    name: 'stout_open_streams',
    help: 'Event streams that are open.',
    labelNames: ['kind'],
    registers: [register],
  })
  return {
    register,
    answered(method: string, route: string, status: number, tookMs: number): void {
      requests.inc({ method: METHODS.includes(method) ? method : 'other', route, status })
      seconds.observe({ route }, tookMs / 1_000)
    },
    /** Counts a stream that begins; the function that is returned counts its end, once. */
    streamBegins(kind: 'log' | 'live'): () => void {
      let open = true
      streams.inc({ kind })
      return () => {
        if (open) streams.dec({ kind })
        open = false
      }
    },
  }
}

/** Says who is at the other end of a connection; whatever a sender puts there is overwritten. */
export const PEER = 'x-stout-peer'
export const FORWARDED = 'forwarded'
const ADDRESS = 'x-stout-address'

/** Where a request came from: as the HTTP server saw it, or the nearest proxy that we know of. */
export function addressOf(headers: Headers): string {
  return headers.get(ADDRESS) ?? 'unknown'
}

/**
 * Watches the HTTP server of this process from below Next: notes the peer of each request in a header, since the requests that
 * handlers get no longer know their connection, and counts pages and their parts, which no handler of ours answers.
 */
export function watchRequests(metrics: Metrics, proxies: number): void {
  const began = new WeakMap<IncomingMessage, number>()
  subscribe('http.server.request.start', (message) => {
    const { request } = message as { request: IncomingMessage }
    request.headers[PEER] = wasForwarded(request.headers) ? FORWARDED : (request.socket.remoteAddress ?? FORWARDED)
    request.headers[ADDRESS] = clientAddress(
      request.socket.remoteAddress,
      request.headers['x-forwarded-for']?.toString(),
      proxies,
    )
    began.set(request, performance.now())
  })
  subscribe('http.server.response.finish', (message) => {
    const { request, response } = message as { request: IncomingMessage; response: ServerResponse }
    const path = request.url ?? '/'
    if (/^\/(api|metrics)([/?]|$)/.test(path)) return
    const route = path.startsWith('/_next/') ? 'parts of pages' : 'pages'
    metrics.answered(request.method ?? '', route, response.statusCode, performance.now() - (began.get(request) ?? 0))
  })
}
