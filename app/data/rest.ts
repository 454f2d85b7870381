import type { Issue } from '../../core/errors'

export const UNREACHABLE = 'Stout could not be reached; check the connection.'

/** A call of the REST API that was refused, or that had no answer (`httpStatus` 0). */
export class RestError extends Error {
  constructor(
    readonly httpStatus: number,
    message: string,
    readonly issues: Issue[] = [],
    readonly requestId?: string | undefined,
  ) {
    super(message)
    this.name = 'RestError'
  }
}

/** Reads the answer of a call that was refused: `{ message, issues }`, or whatever stood in between. */
export function restError(httpStatus: number, body: string, requestId?: string | null): RestError {
  const { message, issues } = parse(body)
  return new RestError(httpStatus, message ?? `Stout answered ${httpStatus}.`, issues ?? [], requestId ?? undefined)
}

function parse(body: string): { message?: string; issues?: Issue[] } {
  try {
    return JSON.parse(body) as { message?: string; issues?: Issue[] }
  } catch {
    return {}
  }
}
