'use client'

import { useEffect, useRef, useState, useSyncExternalStore } from 'react'
import type { JobId } from '../../../../../core/ids'
import type { JobView } from '../../../../../core/jobs/job-view'
import { leaveWhenSignedOut, useTRPCClient } from '../../../../data/trpc'
import { useLive } from '../../../../live/use-live'
import { LogPages } from './log-pages'

/** The pages of an attempt's log, awake while they are shown. */
export function useLogPages(job: JobView, attempt: number): LogPages {
  const client = useTRPCClient()
  const jobId = job.id as JobId
  const isCurrent = attempt === job.attempt
  const [pages] = useState(
    () =>
      new LogPages(
        (range, signal) => client.jobs.logs.query({ jobId, attempt, ...range }, { signal, context: { alone: true } }),
        isCurrent ? job.lineCount : 0,
      ),
  )
  useSyncExternalStore(
    pages.watch,
    () => pages.version,
    () => 0,
  )
  useLive(attempt > 0 ? `log:${jobId}:${attempt}` : null, (n) => pages.wake(n))
  const { attemptPhase } = job
  const known = useRef(attemptPhase)
  useEffect(() => {
    // an attempt that ends may end its log without a line, and an empty one has no page to be read that would say so
    if (attempt > 0 && (pages.lineCount === 0 || known.current !== attemptPhase)) pages.wake(0)
    known.current = attemptPhase
  }, [pages, attempt, attemptPhase])
  useEffect(() => () => pages.rest(), [pages])
  useEffect(() => leaveWhenSignedOut(pages.failure), [pages.failure])
  return pages
}
