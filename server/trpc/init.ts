import { initTRPC, TRPCError } from '@trpc/server'
import type { OpenApiMeta } from 'trpc-to-openapi'
import type { RequestCtx } from '../auth/door'
import { explain } from '../failure'

/** Errors that an operation gives, each with when; those that every operation of its kind gives are known without. */
export type Errors = Partial<Record<403 | 409 | 410 | 422, string>>

/** What REST and its document know of a procedure. */
export type Meta = OpenApiMeta & {
  /** REST answers 201 with the Location of what was made. */
  created?: (output: { id: string }) => string
  errors?: Errors
  /** The tag of what the procedure answers (core/edits), which REST tells as ETag. */
  etag?: (output: never) => string
  /** It edits a thing as it was read, where REST is given If-Match. */
  edits?: true
  /** A request and its answer; the parameters of its path are in PARAMETERS. */
  example?: { body?: unknown; answer: unknown }
}

const CODES: Record<number, TRPCError['code']> = {
  400: 'BAD_REQUEST',
  401: 'UNAUTHORIZED',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
  409: 'CONFLICT',
  410: 'NOT_FOUND',
  412: 'PRECONDITION_FAILED',
  413: 'PAYLOAD_TOO_LARGE',
  415: 'UNSUPPORTED_MEDIA_TYPE',
  422: 'UNPROCESSABLE_CONTENT',
  429: 'TOO_MANY_REQUESTS',
  503: 'SERVICE_UNAVAILABLE',
}

/** An error under the status that REST would give it. */
export function toTrpcError(error: unknown): TRPCError {
  const { status, message } = explain(error)
  if (error instanceof TRPCError && error.code !== 'INTERNAL_SERVER_ERROR') return error
  return new TRPCError({ code: CODES[status] ?? 'INTERNAL_SERVER_ERROR', message, cause: error })
}

const t = initTRPC
  .context<RequestCtx>()
  .meta<Meta>()
  .create({
    errorFormatter({ shape, error, ctx }) {
      const failure = error.code === 'INTERNAL_SERVER_ERROR' || error.cause ? explain(error) : undefined
      const { message = error.message, code, issues } = failure ?? {}
      const { httpStatus, path } = shape.data
      return {
        code: shape.code,
        message,
        data: { code: code ?? 'bad_request', issues: issues ?? [], httpStatus, path, requestId: ctx?.requestId },
      }
    },
  })

export const router = t.router
export const createCallerFactory = t.createCallerFactory
/** Every procedure: what verbs throw gets the status that it has in REST. */
export const procedure = t.procedure.use(async ({ next }) => {
  const result = await next()
  if (!result.ok) throw toTrpcError(result.error)
  return result
})
