'use client'

import { useSearchParams } from 'next/navigation'
import type { JobView } from '../../../../../core/jobs/job-view'

/** The attempt that the page shows: the one that the address names, else the current one, whichever that is. And how to choose. */
export function useAttempt(job: JobView): [attempt: number, choose: (attempt: number | null) => void] {
  const named = Number(useSearchParams().get('attempt'))
  const attempt = Number.isInteger(named) && named >= 1 && named <= job.attempt ? named : job.attempt
  return [attempt, (chosen) => window.history.replaceState(null, '', attemptPath(chosen))]
}

const attemptPath = (attempt: number | null) => (attempt === null ? window.location.pathname : `?attempt=${attempt}`)
