import { TRPCError } from '@trpc/server'
import { z } from 'zod'
import { NotFound } from '../../core/errors'
import { logStreamQuery } from '../../core/logs/log-stream'
import { answer, json } from '../answer'
import { enter, type RequestCtx } from '../auth/door'
import { jsonObjectOf, readJson } from '../body'
import type { Web } from '../compose'
import { streamLog } from '../sse/log-stream'
import { createCallerFactory } from '../trpc/init'
import { appRouter } from '../trpc/router'
import { redirectToArtifact, sendZip } from './artifact-download'
import { showBundle, uploadBundle } from './bundles'
import { jobIdOf } from './job-id'
import { downloadLog, rawLogQuery } from './log-raw'
import { doOnce, partsOf, sha256Of } from './once'
import { openApiDocument } from './openapi'
import { isReady } from './ready'
import { type Asked, findRoute, type Operation, operationsOf, queryOf, type Route } from './route-table'
import { isForm, submitForm } from './submit-form'

const BASE = '/api/v1'
const createCaller = createCallerFactory(appRouter)

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

/**
 * Calls the procedure of an operation. (trpc-to-openapi makes the document; its own request handler is not used: it turns on
 * coercion in the schemas that it meets, also for bodies and for good, so that "5" and true became numbers everywhere.)
 */
async function operate(operation: Operation, asked: Asked): Promise<Response> {
  const { web, request, requestId } = asked
  const ctx = await enter(web, request, requestId)
  if (operation.method === 'GET') return json(await call(operation, ctx, asked, queryOf(request, operation.lists)))
  const body = await readJson(request)
  const { created } = operation.meta
  if (!created) return json(await call(operation, ctx, asked, jsonObjectOf(body)))
  const answerOf = (made: unknown) => {
    return { status: 201, location: created(made as { id: string }), body: operation.output(made) }
  }
  const work = async (via: RequestCtx) => {
    const made = await call(operation, via, asked, jsonObjectOf(body))
    return json(made, 201, { location: created(made as { id: string }) })
  }
  return await doOnce(ctx, request, { parts: partsOf(asked, sha256Of(body)), work, answerOf })
}

async function call(
  operation: Operation,
  ctx: RequestCtx,
  { params }: Asked,
  given: Record<string, unknown>,
): Promise<unknown> {
  refuseTwice(given, params)
  const procedure = operation.procedure
    .split('.')
    .reduce((at, name) => (at as Record<string, unknown>)[name], createCaller(ctx) as unknown)
  return await (procedure as (input: unknown) => Promise<unknown>)({ ...given, ...params }).catch((error: unknown) => {
    throw namesNothing(error, params) ?? error
  })
}

/** A field of the body or query that the path gives is no field. */
function refuseTwice(given: Record<string, unknown>, params: Record<string, string>): void {
  const keys = Object.keys(given).filter((key) => key in params)
  if (keys.length > 0) throw new z.ZodError([{ code: 'unrecognized_keys', keys, path: [], message: '', input: given }])
}

/** A malformed id in a path names nothing. */
function namesNothing(error: unknown, params: Record<string, string>): NotFound | undefined {
  const cause = error instanceof TRPCError ? error.cause : error
  if (!(cause instanceof z.ZodError)) return undefined
  const name = cause.issues.map((issue) => String(issue.path[0])).find((field) => field in params)
  return name === undefined ? undefined : new NotFound(name.replace(/Id$/, ''), JSON.stringify(params[name]))
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
