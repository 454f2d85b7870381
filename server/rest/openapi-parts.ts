import type { Errors, Meta } from '../trpc/init'
import type { DocumentedOperation } from './openapi-operation'

/** An operation that no procedure answers, with what procedures say in their meta. */
export type HandWritten = {
  method: 'GET' | 'POST'
  path: string
  errors?: Errors & { 503?: string }
  example?: Meta['example']
  /** It makes something, once for an Idempotency-Key. */
  once?: boolean
  operation: DocumentedOperation & { operationId: string; summary: string; tags: string[]; description?: string }
}

/** What several of them have. */
export const security = [{ token: [] }]
export const jobId = { name: 'jobId', in: 'path', required: true, schema: idOf('job') }
export const artifactId = { name: 'artifactId', in: 'path', required: true, schema: idOf('art') }
export const attempt = {
  name: 'attempt',
  in: 'query',
  description: 'Number of the attempt; default: the current one.',
  schema: { type: 'integer', minimum: 1, maximum: 2_147_483_647 },
}

function idOf(prefix: string) {
  return { type: 'string', pattern: `^${prefix}_[0-9a-z]{1,80}$` }
}
