import { S3ServiceException } from '@aws-sdk/client-s3'
import { DomainError } from '../errors'

/** The object store does not answer, or not as it must: no fault of the caller, who may try again. */
export class StoreAway extends DomainError {
  constructor(cause: unknown) {
    super('unavailable', 'The object store does not answer just now; try again.')
    this.cause = cause
  }
}

/** Answers that speak of the store as a whole and not of what was asked for. */
const NOT_ABOUT_THE_OBJECT = new Set([401, 403, 408, 429])

/**
 * Waits for an answer of the store. What it says of the object (it is not there, a part is wrong) goes on to the caller as it is.
 * @throws StoreAway when it can't be reached, is overloaded, or does not know us
 */
export async function askStore<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } catch (error) {
    throw isAnswer(error) ? error : new StoreAway(error)
  }
}

/** True if the store answered that there is no such object, or no such upload. */
export function isMissing(error: unknown): boolean {
  return isAnswer(error) && error.$metadata.httpStatusCode === 404
}

/** True if the store answered and refused what was asked. */
export function isAnswer(error: unknown): error is S3ServiceException {
  if (!(error instanceof S3ServiceException)) return false
  const status = error.$metadata.httpStatusCode ?? 500
  return status < 500 && !NOT_ABOUT_THE_OBJECT.has(status) && error.name !== 'NoSuchBucket'
}
