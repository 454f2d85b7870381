'use client'

import { useQueryClient, useSuspenseQueries } from '@tanstack/react-query'
import { useEffect, useEffectEvent, useRef, useState, useTransition } from 'react'
import type { JobId } from '../../../../../core/ids'
import type { JobView } from '../../../../../core/jobs/job-view'
import { useTRPC } from '../../../../data/trpc'
import { useLiveQueries } from '../../../../live/use-live'
import { ARTIFACTS_A_PAGE } from './artifacts-page'

const NOTHING = { counts: { uploading: 0, uploaded: 0, skipped: 0, failed: 0 }, totalBytes: 0 }

/** What an attempt made, page after page, read again while it changes. */
export function useArtifacts(job: JobView, attempt: number) {
  const trpc = useTRPC()
  const queryClient = useQueryClient()
  const [cursors, setCursors] = useState<string[]>([])
  const [isReading, startReading] = useTransition()
  const jobId = job.id as JobId
  const pages = useSuspenseQueries({
    queries: [{}, ...cursors.map((cursor) => ({ cursor }))].map((page) =>
      trpc.artifacts.list.queryOptions({ jobId, attempt, limit: ARTIFACTS_A_PAGE, ...page }),
    ),
  })
  const [first] = pages
  const next = pages.at(-1)?.data.nextCursor ?? null
  const files = trpc.artifacts.list.queryFilter({ jobId, attempt })
  useLiveQueries(attempt === job.attempt ? `artifacts:${jobId}` : null, [files])
  useOnChange(job.attemptPhase, () => queryClient.invalidateQueries(files)) // what was not there when it closed has failed
  return {
    sums: first?.data ?? NOTHING,
    artifacts: pages.flatMap((page) => page.data.items),
    more: next !== null,
    showMore: () => startReading(() => setCursors((known) => (next === null ? known : [...known, next]))),
    isReading,
  }
}

/** Calls `onChange` when the value is another than before. */
function useOnChange(value: unknown, onChange: () => Promise<void>): void {
  const known = useRef(value)
  const tell = useEffectEvent(onChange)
  useEffect(() => {
    if (known.current === value) return
    known.current = value
    void tell()
  }, [value])
}
