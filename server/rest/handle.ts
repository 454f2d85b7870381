import { logStreamQuery } from '../../core/logs/log-stream'
import { answer, json } from '../answer'
import { enter } from '../auth/door'
import type { Web } from '../compose'
import { streamLog } from '../sse/log-stream'
import { appRouter } from '../trpc/router'
import { redirectToArtifact, sendZip } from './artifact-download'
import { showBundle, uploadBundle } from './bundles'
import { jobIdOf } from './job-id'
import { downloadLog, rawLogQuery } from './log-raw'
import { openApiDocument } from './openapi'
import { operate } from './operate'
import { isReady } from './ready'
import { type Asked, findRoute, operationsOf, queryOf, type Route } from './route-table'
import { isForm, submitForm } from './submit-form'

const BASE = '/api/v1'

const ROUTES: Route[] = [
  ...operationsOf(appRouter).map((operation) => ({
    method: operation.method,
    path: operation.path,
    handle: (asked: Asked) =>
      operation.procedure === 'jobs.submit' && isForm(asked.request) ? submitForm(asked) : operate(operation, asked),
  })),
  { method: 'POST', path: '/bundles', handle: uploadBundle },
  { method: 'GET', path: '/bundles/{sha256}', handle: showBundle },
  { method: 'GET', path: '/jobs/{jobId}/logs/stream', handle: logStream },
  { method: 'GET', path: '/jobs/{jobId}/logs/raw', handle: logRaw },
  { method: 'GET', path: '/jobs/{jobId}/artifacts/{artifactId}', handle: redirectToArtifact },
  { method: 'GET', path: '/jobs/{jobId}/artifacts.zip', handle: sendZip },
  { method: 'GET', path: '/openapi.json', handle: async () => json(openApiDocument()) },
  { method: 'GET', path: '/health', handle: async () => json({ status: 'ok' }) },
  { method: 'GET', path: '/ready', handle: ready },
]

/** Answers everything below /api/v1. */
export async function handleRest(web: Web, request: Request): Promise<Response> {
  return await answer(web, request, async (requestId, named) => {
    const path = new URL(request.url).pathname.slice(BASE.length)
    const found = findRoute(ROUTES, request.method, path)
    if ('allow' in found) return refuse(request.method, path, found.allow)
    named(`${BASE}${found.route.path}`)
    const response = await found.route.handle({ web, request, requestId, params: found.params })
    return request.method === 'HEAD' ? await withoutBody(response) : response
  })
}

function refuse(method: string, path: string, allow: string[]): Response {
  if (allow.length === 0) {
    return json({ code: 'not_found', message: `There is nothing at ${BASE}${path}. See ${BASE}/openapi.json.` }, 404)
  }
  const allowed = [...new Set([...allow, ...(allow.includes('GET') ? ['HEAD'] : []), 'OPTIONS'])].join(', ')
  if (method === 'OPTIONS') return new Response(null, { status: 204, headers: { allow: allowed } })
  const message = `${method} is not possible at ${BASE}${path}; it takes ${allowed}.`
  return json({ code: 'method_not_allowed', message }, 405, { allow: allowed })
}

async function withoutBody(response: Response): Promise<Response> {
  await response.body?.cancel()
  return new Response(null, { status: response.status, headers: response.headers })
}

async function logStream(asked: Asked): Promise<Response> {
  const { web, request, requestId } = asked
  const ctx = await enter(web, request, requestId)
  return await streamLog(web, request, ctx, jobIdOf(asked), logStreamQuery.parse(queryOf(request)))
}

async function logRaw(asked: Asked): Promise<Response> {
  const { web, request, requestId } = asked
  const ctx = await enter(web, request, requestId)
  return await downloadLog(web, ctx, jobIdOf(asked), rawLogQuery.parse(queryOf(request)))
}

async function ready({ web }: Asked): Promise<Response> {
  const why = await isReady(web.db)
  return why === undefined
    ? json({ status: 'ready' })
    : json({ code: 'unavailable', message: why }, 503, { 'retry-after': '2' })
}
