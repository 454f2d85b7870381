import { createTRPCClient, httpLink, type TRPCClient } from '@trpc/client'
import type { AppRouter } from '../server/trpc/router'
import { type DownloadOptions, downloadArtifacts } from './download-artifacts'
import { type FollowOptions, followLogs } from './follow-logs'
import { type RunOptions, runJob, submitJob } from './run-job'
import type { Access, Job, LogLine, Submission } from './types'

export { StoutError } from './ask'
export type { Access, Artifact, Job, LogLine, LogPosition, Submission } from './types'

/** A typed client of one installation. */
export type StoutClient = {
  /** Every procedure that pages call too, typed as the server is. */
  api: TRPCClient<AppRouter>
  submitJob(submission: Submission, signal?: AbortSignal): Promise<Job>
  /** Submits a job and returns it as it is when it is over, however it ended. */
  runJob(submission: Submission, options?: RunOptions): Promise<Job>
  /** The lines of a job's log, each once and in order, until its end; goes on by itself where a connection broke off. */
  followLogs(jobId: string, options?: FollowOptions): AsyncGenerator<LogLine, void>
  /** Downloads what a job made into a folder, compared by SHA-256; returns where the files are. */
  downloadArtifacts(jobId: string, folder: string, options?: DownloadOptions): Promise<string[]>
}

/** Makes a client. Nothing is asked yet. */
export function createStoutClient(access: Access): StoutClient {
  const { url, token } = access
  const link = httpLink({
    url: `${url.replace(/\/+$/, '')}/api/trpc`,
    headers: { authorization: `Bearer ${token}` },
  })
  return {
    api: createTRPCClient<AppRouter>({ links: [link] }),
    submitJob: (submission, signal) => submitJob(access, submission, signal),
    runJob: (submission, options) => runJob(access, submission, options),
    followLogs: (jobId, options) => followLogs(access, jobId, options),
    downloadArtifacts: (jobId, folder, options) => downloadArtifacts(access, jobId, folder, options),
  }
}
