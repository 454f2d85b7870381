import { discardBody } from './body'
import type { Web } from './compose'
import { explain, type Failure } from './failure'

const REQUEST_ID = /^[A-Za-z0-9._:-]{1,100}$/

/** The caller's own request id when it is well formed, else a new one. It stands in answers, logs and events. */
export function requestIdOf(request: Request): string {
  const given = request.headers.get('x-request-id')
  return given && REQUEST_ID.test(given) ? given : `req_${crypto.randomUUID().replaceAll('-', '')}`
}

/** The one place that turns errors into responses. Every answer carries `x-request-id`. */
export async function answer(
  { log }: Pick<Web, 'log'>,
  request: Request,
  work: (requestId: string) => Promise<Response>,
): Promise<Response> {
  const requestId = requestIdOf(request)
  const response = await work(requestId).catch((error: unknown) => {
    const failure = explain(error)
    logFailure(log, failure, error, { requestId, method: request.method, path: new URL(request.url).pathname })
    return failureResponse(failure)
  })
  response.headers.set('x-request-id', requestId)
  void discardBody(request)
  return response
}

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
