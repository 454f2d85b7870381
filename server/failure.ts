import { z } from 'zod'
import { DomainError, ERROR_CODES, type ErrorCode, type Issue } from '../core/errors'

/** What callers are told that went wrong, for programs. */
export const FAILURE_CODES = [...ERROR_CODES, 'internal', 'method_not_allowed'] as const
type FailureCode = (typeof FAILURE_CODES)[number]

/** An error as callers get it: `{ code, message, issues?, detail? }` under a status. */
export type Failure = {
  status: number
  code: FailureCode
  message: string
  issues?: Issue[]
  /** `reason` tells failures of one code apart; what else it names depends on that. */
  detail?: Record<string, string | number>
  retryAfterSeconds?: number
}

const RETRY_AFTER_SECONDS = 2
/** What may be otherwise in a moment. */
const PASSING_CODES: ReadonlySet<ErrorCode> = new Set(['limit', 'unavailable'])
/** What Node and pg say of a server that is away or on its way out. */
const CONNECTION_CODES = /^(ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|EHOSTUNREACH|ENETUNREACH|EAI_AGAIN)$/
const CONNECTION_MESSAGES =
  /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|Query read timeout)/
/** SQLSTATE: connection exceptions, resources, shutdown or start-up, and the time limits of our sessions. */
const PASSING_STATES = /^(08...|53...|57P0[1-5]|57014|55P03|25P0[34]|40001|40P01)$/

/** Tells what a caller may know of an error. Everything that is not expected is `internal`, without details. */
export function explain(error: unknown): Failure {
  if (error instanceof DomainError) {
    const { status, code, message, issues, detail } = error
    return {
      ...{ status, code, message },
      ...(issues.length > 0 && { issues }),
      ...('reason' in detail && { detail }),
      ...(PASSING_CODES.has(code) && { retryAfterSeconds: Number(detail.retryAfterSeconds ?? RETRY_AFTER_SECONDS) }),
    }
  }
  if (error instanceof z.ZodError) return badInput(issuesOf(error))
  if (isPassing(error)) {
    const message = 'The database does not answer just now. Nothing was changed; try again.'
    return { status: 503, code: 'unavailable', message, retryAfterSeconds: RETRY_AFTER_SECONDS }
  }
  const cause = error instanceof Error ? error.cause : undefined
  if (cause !== undefined) return explain(cause)
  return {
    status: 500,
    code: 'internal',
    message: 'Something went wrong on our side; the request id leads to its log.',
  }
}

function badInput(issues: Issue[]): Failure {
  const message = issues.map((issue) => (issue.path ? `${issue.path}: ${issue.message}` : issue.message)).join('; ')
  return { status: 400, code: 'bad_request', message, issues }
}

/** One issue a wrong field. Unknown fields are named each. */
function issuesOf(error: z.ZodError): Issue[] {
  return error.issues.flatMap((issue) => {
    const path = issue.path.map(String).join('.')
    const below = (key: string) => (path ? `${path}.${key}` : key)
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({ path: below(key), message: 'is not a known field' }))
    }
    if (issue.code === 'invalid_key') return [{ path, message: issue.issues.map((inner) => inner.message).join(', ') }]
    if (issue.code === 'invalid_type' && issue.message.endsWith('received undefined')) {
      return [{ path, message: 'is required' }]
    }
    return [{ path, message: issue.message }]
  })
}

/** True if the same request may work in a moment: the database is away, restarting, or gave up on a time limit. */
function isPassing(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if (error instanceof AggregateError) return error.errors.some(isPassing)
  const code = 'code' in error ? String(error.code) : ''
  return CONNECTION_CODES.test(code) || PASSING_STATES.test(code) || CONNECTION_MESSAGES.test(error.message)
}
