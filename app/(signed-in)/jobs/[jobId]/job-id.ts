import type { JobId } from '../../../../core/ids'

/** The id in an address, if it can be one. */
export function readJobId(text: string): JobId | undefined {
  return /^job_[0-9a-z]{1,80}$/.test(text) ? (text as JobId) : undefined
}
