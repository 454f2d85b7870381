import { TRPCClientError } from '@trpc/client'
import type { Issue } from '../../core/errors'
import type { AppRouter } from '../../server/trpc/router'
import { RestError, UNREACHABLE } from './rest'

/** What a page knows of a failed call. `httpStatus` is 0 when there was no answer. */
export type Failure = { httpStatus: number; message: string; issues: Issue[]; requestId?: string | undefined }

/** Reads an error that a call ended with. */
export function failureOf(error: unknown): Failure {
  if (error instanceof TRPCClientError) {
    const { data, message } = error as TRPCClientError<AppRouter>
    if (data) return { httpStatus: data.httpStatus, message, issues: data.issues, requestId: data.requestId }
    return { httpStatus: 0, message: UNREACHABLE, issues: [] }
  }
  if (error instanceof RestError) return error
  return { httpStatus: 0, message: error instanceof Error ? error.message : String(error), issues: [] }
}

/** True if the same call may work in a moment. */
export function mayPass(error: unknown): boolean {
  const { httpStatus } = failureOf(error)
  return httpStatus === 0 || httpStatus >= 500
}
