'use client'

import { useSearchParams } from 'next/navigation'
import type { JobView } from '../../../../../core/jobs/job-view'
import { attemptNamed } from './attempt-named'

/** The attempt that the page shows: the one that the address names, else the current one, whichever that is. And how to choose. */
export function useAttempt(job: JobView): [attempt: number, choose: (attempt: number | null) => void] {
  const attempt = attemptNamed(useSearchParams().get('attempt'), job)
  return [attempt, (chosen) => window.history.replaceState(null, '', attemptPath(chosen))]
}

const attemptPath = (attempt: number | null) => (attempt === null ? window.location.pathname : `?attempt=${attempt}`)
