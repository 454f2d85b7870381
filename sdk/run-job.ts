import { ask, patiently } from './ask'
import { followLogs } from './follow-logs'
import type { Access, Job, LogLine, Submission } from './types'

export type RunOptions = {
  onLine?: (line: LogLine) => void
  /** Ends the waiting, not the job. */
  signal?: AbortSignal
}

/** Submits a job. Made once, also when an answer was lost and the request is repeated. */
export async function submitJob(access: Access, submission: Submission, signal?: AbortSignal): Promise<Job> {
  const headers = { 'idempotency-key': crypto.randomUUID() }
  const asking = { method: 'POST', headers, body: submission, signal }
  return await patiently(async () => (await (await ask(access, '/jobs', asking)).json()) as Job, signal)
}

/** Submits a job and returns it as it is when it is over, however it ended. */
export async function runJob(
  access: Access,
  submission: Submission,
  { onLine, signal }: RunOptions = {},
): Promise<Job> {
  const { id } = await submitJob(access, submission, signal)
  for await (const line of followLogs(access, id, signal && { signal })) onLine?.(line)
  return await patiently(async () => (await (await ask(access, `/jobs/${id}`, { signal })).json()) as Job, signal)
}
