const HTTP_STATUS = {
  bad_request: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  gone: 410,
  precondition_failed: 412,
  too_large: 413,
  unsupported: 415,
  invalid: 422,
  limit: 429,
  unavailable: 503,
} as const

export type ErrorCode = keyof typeof HTTP_STATUS
export const ERROR_CODES = Object.keys(HTTP_STATUS) as ErrorCode[]
/** One wrong field: where it is in the request, and what to do about it. */
export type Issue = { path: string; message: string }

/** A failure that the caller can act on. Anything else that is thrown is a bug and a 500. */
export class DomainError extends Error {
  readonly status: number
  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly detail: Record<string, string | number> = {},
    readonly issues: Issue[] = [],
  ) {
    super(message)
    this.name = new.target.name
    this.status = HTTP_STATUS[code]
  }
}

/** The thing does not exist, or belongs to somebody whose things do not exist for the caller. */
export class NotFound extends DomainError {
  constructor(what: string, id: string) {
    super('not_found', `There is no ${what} ${id}.`, { what, id })
  }
}

/** The job moved on: it is already in `state`, where `event` has no meaning. */
export class IllegalTransition extends DomainError {
  constructor(jobId: string, state: string, event: string) {
    super('conflict', `Job ${jobId} is ${state}; it cannot ${event}.`, { jobId, state, event })
  }
}

/** Somebody speaks for an attempt that is no longer the job's current one. */
export class StaleAttempt extends DomainError {
  constructor(jobId: string, attempt: number, current: number) {
    super('gone', `Attempt ${attempt} of job ${jobId} was given up; the current one is ${current}.`, {
      jobId,
      attempt,
      current,
    })
  }
}

/** Fields of a request are well formed but not acceptable. Each issue names its field and the limit. */
export class Invalid extends DomainError {
  constructor(issues: Issue[]) {
    super('invalid', issues.map((issue) => `${issue.path}: ${issue.message}`).join(' '), {}, issues)
  }
}
