import { requestIdFrom } from '../core/request-id'
import { discardBody } from './body'
import type { Web } from './compose'
import { explain, type Failure } from './failure'

/** The id of a request, which its answer, its logs and its events carry. */
export function requestIdOf(request: Request): string {
  return requestIdFrom(request.headers.get('x-request-id'))
}

/**
 * The one place that turns errors into responses. Every answer carries `x-request-id`, is counted, and is logged when it may
 * have changed something.
 * @param work `named` says by which route, as a template, the request is counted
 */
export async function answer(
  { log, metrics }: Pick<Web, 'log' | 'metrics'>,
  request: Request,
  work: (requestId: string, named: (route: string) => void) => Promise<Response>,
): Promise<Response> {
  const requestId = requestIdOf(request)
  const { method } = request
  const path = new URL(request.url).pathname
  const began = performance.now()
  let route = 'none'
  const named = (name: string) => {
    route = name
  }
  const response = await work(requestId, named).catch((error: unknown) => {
    const failure = explain(error)
    logFailure(log, failure, error, { requestId, method, path })
    return failureResponse(failure)
  })
  const { status } = response
  metrics.answered(method, route, status, performance.now() - began)
  log[READS.has(method) ? 'debug' : 'info']({ requestId, method, path, status }, 'answered')
  response.headers.set('x-request-id', requestId)
  void discardBody(request)
  return response
}

const READS = new Set(['GET', 'HEAD', 'OPTIONS'])

/** Details stay in the log. */
export function logFailure(log: Web['log'], failure: Failure, error: unknown, where: Record<string, unknown>): void {
  if (failure.status < 500) log.debug({ ...where, status: failure.status, code: failure.code }, failure.message)
  else if (failure.status === 503) log.warn({ ...where, error: textOf(error) }, 'what a request needs does not answer')
  else log.error({ ...where, err: error }, 'a request failed')
}

function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause === undefined ? error.message : `${error.message} ${textOf(error.cause)}`
}

function failureResponse({ status, code, message, issues, detail, retryAfterSeconds }: Failure): Response {
  return json({ code, message, ...(issues && { issues }), ...(detail && { detail }) }, status, {
    ...(retryAfterSeconds !== undefined && { 'retry-after': String(retryAfterSeconds) }),
    ...(status === 401 && { 'www-authenticate': 'Bearer realm="stout"' }),
  })
}

export function json(body: unknown, status = 200, headers: Record<string, string> = {}): Response {
  return Response.json(body, {
    status,
    headers: { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff', ...headers },
  })
}
