'use client'

import { useCallback, useLayoutEffect, useRef, useState } from 'react'
import type { JobView } from '../../../../core/jobs/job-view'

/** Jobs that are chosen, as they were when they were. */
export type Choice = {
  chosen: ReadonlyMap<string, JobView>
  /** Chooses a job, or leaves it; with `upTo` all between it and the one before, too. */
  choose: (job: JobView, on: boolean, upTo: boolean) => void
  chooseAll: (jobs: readonly JobView[], on: boolean) => void
  clear: () => void
}

/** Which jobs of the list are chosen; also those that the list does not show any more. */
export function useChoice(items: readonly JobView[]): Choice {
  const [chosen, setChosen] = useState<ReadonlyMap<string, JobView>>(new Map())
  const list = useRef(items)
  useLayoutEffect(() => {
    list.current = items
  }, [items])
  const last = useRef<string | null>(null)
  const chooseAll = useCallback((jobs: readonly JobView[], on: boolean) => {
    setChosen((before) => {
      const next = new Map(before)
      for (const job of jobs) on ? next.set(job.id, job) : next.delete(job.id)
      return next
    })
  }, [])
  const choose = useCallback(
    (job: JobView, on: boolean, upTo: boolean) => {
      chooseAll(upTo ? between(list.current, last.current ?? job.id, job.id) : [job], on)
      last.current = job.id
    },
    [chooseAll],
  )
  return { chosen, choose, chooseAll, clear: useCallback(() => setChosen(new Map()), []) }
}

/** The jobs from one to the other, whichever stands first. */
function between(items: readonly JobView[], a: string, b: string): readonly JobView[] {
  const [upper, lower] = a > b ? [a, b] : [b, a]
  return items.filter(({ id }) => id <= upper && id >= lower)
}
