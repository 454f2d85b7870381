'use client'

import { useQuery } from '@tanstack/react-query'
import type { JobId } from '../../../../../core/ids'
import type { JobView } from '../../../../../core/jobs/job-view'
import { useTRPC } from '../../../../data/trpc'
import { ARTIFACTS_A_PAGE } from './artifacts-page'
import { progressOf, progressText } from './progress-of'

/** How far the files of a job have come while it does nothing but send them: stands beside its state. */
export function UploadProgress({ job }: { job: JobView }) {
  const trpc = useTRPC()
  const isUploading = job.state === 'uploading_artifacts'
  const first = { jobId: job.id as JobId, attempt: job.attempt, limit: ARTIFACTS_A_PAGE }
  const { data } = useQuery(trpc.artifacts.list.queryOptions(first, { enabled: isUploading }))
  if (!isUploading || !data) return null
  const text = progressText(progressOf(data, data.items))
  return text && <span className="text-[0.8125rem] text-muted">{text}</span>
}
