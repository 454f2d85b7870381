import { TRPCError } from '@trpc/server'
import { z } from 'zod'
import { NotFound } from '../../core/errors'
import { json } from '../answer'
import { enter, type RequestCtx } from '../auth/door'
import { jsonObjectOf, readJson } from '../body'
import { createCallerFactory } from '../trpc/init'
import { appRouter } from '../trpc/router'
import { doOnce, partsOf, sha256Of } from './once'
import { nextPage } from './pages'
import { type Asked, type Operation, queryOf, refuseFields, refuseQuery } from './route-table'

const createCaller = createCallerFactory(appRouter)

/**
 * Calls the procedure of an operation. (trpc-to-openapi makes the document; its own request handler is not used: it turns on
 * coercion in the schemas that it meets, also for bodies and for good, so that "5" and true became numbers everywhere.)
 */
export async function operate(operation: Operation, asked: Asked): Promise<Response> {
  const { web, request, requestId } = asked
  const ctx = await enter(web, request, requestId)
  if (operation.method === 'GET') {
    const output = await call(operation, ctx, asked, queryOf(request, operation.lists))
    return json(output, 200, { ...nextPage(request, output), ...etagOf(operation, output) })
  }
  refuseQuery(request)
  const body = await readJson(request)
  const { created, edits } = operation.meta
  if (!created) {
    const via = edits ? { ...ctx, ifMatch: ifMatchOf(request) } : ctx
    const output = await call(operation, via, asked, jsonObjectOf(body))
    return json(output, 200, etagOf(operation, output))
  }
  const answerOf = (made: unknown) => {
    const { id } = made as { id: string }
    return { status: 201, location: created({ id }), body: operation.output(made), ...etagOf(operation, made) }
  }
  const work = async (via: RequestCtx) => {
    const { status, location, etag, body: made } = answerOf(await call(operation, via, asked, jsonObjectOf(body)))
    return json(made, status, { location, ...(etag && { etag }) })
  }
  return await doOnce(ctx, request, { parts: partsOf(asked, sha256Of(body)), work, answerOf })
}

function etagOf({ meta }: Operation, output: unknown): { etag?: string } {
  return meta.etag ? { etag: meta.etag(output as never) } : {}
}

/** The tags that the caller goes by. A weak one names no state that can be edited, and so matches none. */
function ifMatchOf({ headers }: Request): string[] | undefined {
  return headers
    .get('if-match')
    ?.split(',')
    .map((tag) => tag.trim())
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
  refuseFields(Object.keys(given).filter((key) => key in params))
}

/** A malformed id in a path names nothing. */
function namesNothing(error: unknown, params: Record<string, string>): NotFound | undefined {
  const cause = error instanceof TRPCError ? error.cause : error
  if (!(cause instanceof z.ZodError)) return undefined
  const name = cause.issues.map((issue) => String(issue.path[0])).find((field) => field in params)
  return name === undefined ? undefined : new NotFound(name.replace(/Id$/, ''), JSON.stringify(params[name]))
}
