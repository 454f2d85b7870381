import type { Errors } from '../trpc/init'

type Issue = { path: string; message: string }
type Known = { description: string; code: string; message: string; issues?: Issue[] }

const ERRORS: Record<number, Known> = {
  400: {
    description: 'A field is unknown, missing, of a wrong type or out of its limits; `issues` names it.',
    ...{ code: 'bad_request', message: 'limit: must be at most 200' },
    issues: [{ path: 'limit', message: 'must be at most 200' }],
  },
  401: {
    description: 'No API token, or one that is unknown, revoked or expired.',
    ...{ code: 'unauthenticated', message: 'The API token is unknown, revoked or expired.' },
  },
  403: {
    description: 'The role of the caller does not allow this.',
    ...{ code: 'forbidden', message: 'A viewer may not run here; ask an owner or admin of the organisation.' },
  },
  404: {
    description: 'There is no such thing, or not for the caller.',
    ...{ code: 'not_found', message: 'There is no job job_0mhq3z1k0.' },
  },
  409: {
    description: 'It is in a state in which this has no meaning, or something else has that name, address or identity.',
    ...{ code: 'conflict', message: 'There is a group named radio already.' },
  },
  410: {
    description: 'The object store no longer has it.',
    ...{ code: 'gone', message: 'The object store no longer has out/trace.csv.' },
  },
  412: {
    description: 'It was edited since the caller read it: its ETag is none of those in If-Match.',
    ...{ code: 'precondition_failed', message: 'It was edited since you read it. Read it again, and decide anew.' },
  },
  413: {
    description: 'The body, the script or the bundle is too large. Said before it is read where Content-Length tells.',
    ...{ code: 'too_large', message: 'The body must be at most 2000000 bytes.' },
  },
  415: {
    description: 'The body is of another type than this takes.',
    ...{ code: 'unsupported', message: 'The body must be JSON: Content-Type: application/json.' },
  },
  422: {
    description: 'Well formed, but names something that does not exist or does not answer as it must.',
    ...{ code: 'invalid', message: 'target.box: There is no box named "bench-9".' },
  },
  429: {
    description:
      'Too many requests with tokens that nobody has, from one address; try again after Retry-After seconds.',
    ...{ code: 'limit', message: 'Too many tries. Try again in 1 s.' },
  },
  500: {
    description: 'Something went wrong on our side.',
    ...{ code: 'internal', message: 'Something went wrong on our side; the request id leads to its log.' },
  },
  503: {
    description: 'The database or the object store does not answer just now; try again after Retry-After seconds.',
    ...{ code: 'unavailable', message: 'The database does not answer just now. Nothing was changed; try again.' },
  },
}

const REFERRED = [400, 401, 403, 404, 412, 413, 415, 429, 500, 503]

const retryAfter = { description: 'In so many seconds.', required: true, schema: { type: 'integer' }, example: 2 }
const HEADERS: Record<number, Record<string, object>> = {
  401: {
    'WWW-Authenticate': { description: 'Bearer realm="stout"', required: true, schema: { type: 'string' } },
  },
  429: { 'Retry-After': retryAfter },
  503: { 'Retry-After': retryAfter },
}

function responseOf(status: number, { description, ...example }: Known) {
  return {
    description,
    ...(HEADERS[status] && { headers: HEADERS[status] }),
    content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' }, example } },
  }
}

/** The errors that operations refer to; the others they give with words of their own. */
export const ERROR_RESPONSES = Object.fromEntries(
  Object.entries(ERRORS)
    .filter(([status]) => REFERRED.includes(Number(status)))
    .map(([status, known]) => [`Error${status}`, responseOf(Number(status), known)]),
)

/** What decides which errors an operation gives without saying so. */
export type Kind = { method: string; path: string; isOpen: boolean; edits: boolean }

/**
 * The errors of an operation: those of its kind, and its own. Where it says itself when it gives one, that is what is said.
 * @returns responses by status
 */
export function errorsOf(kind: Kind, own: Errors & { 503?: string } = {}): Record<string, unknown> {
  const known = ofKind(kind).map((status) => [status, { $ref: `#/components/responses/Error${status}` }])
  const told = Object.entries(own).map(([status, description]) => {
    const error = ERRORS[Number(status)]
    if (!error) throw new Error(`${kind.method} ${kind.path} speaks of the unknown error ${status}`)
    return [status, responseOf(Number(status), { ...error, description })]
  })
  return Object.fromEntries([...known, ...told])
}

function ofKind({ method, path, isOpen, edits }: Kind): number[] {
  if (isOpen) return []
  return [
    ...[400, 401],
    ...(method === 'GET' ? [] : [403]),
    ...(path.includes('{') ? [404] : []),
    ...(edits ? [412] : []),
    ...(method === 'GET' ? [] : [413, 415]),
    ...[429, 500, 503],
  ]
}
