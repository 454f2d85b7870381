'use client'

import { useSuspenseQuery } from '@tanstack/react-query'
import Link from 'next/link'
import { useState } from 'react'
import type { JobId } from '../../../core/ids'
import type { JobView } from '../../../core/jobs/job-view'
import { failureOf } from '../../data/failure'
import { useTRPC } from '../../data/trpc'
import { useLiveQueries } from '../../live/use-live'
import { buttonClasses } from '../../ui/button'
import { Empty } from '../../ui/empty'
import { Notice } from '../../ui/notice'
import { JobsTable } from './jobs-table'
import { jobsPath, type ListFilter, toQuery } from './list-filter'
import { ManyActions } from './many/many-actions'

/** One page of the list, as it is now, and what can be done to many of its jobs at once. */
export function JobsList({ filter, cursor }: { filter: ListFilter; cursor: JobId | undefined }) {
  const trpc = useTRPC()
  const input = toQuery(filter, cursor)
  const { data, error } = useSuspenseQuery(trpc.jobs.list.queryOptions(input))
  useLiveQueries('jobs', [trpc.jobs.list.queryFilter(input)])
  const { items, nextCursor } = data
  const [chosen, setChosen] = useState<ReadonlyMap<string, JobView>>(new Map())
  const now = new Map(items.map((job) => [job.id, job]))
  const choose = (jobs: readonly JobView[], on: boolean) => {
    const next = new Map(chosen)
    for (const job of jobs) on ? next.set(job.id, job) : next.delete(job.id)
    setChosen(next)
  }
  return (
    <>
      {error && (
        <div className="p-3">
          <Notice tone="warn" title="Not up to date.">
            {failureOf(error).message}
          </Notice>
        </div>
      )}
      {items.length > 0 ? (
        <JobsTable jobs={items} choice={{ isChosen: (job) => chosen.has(job.id), choose }} />
      ) : (
        <NoJobs filtered={jobsPath(filter, cursor) !== '/jobs'} goesOn={nextCursor !== null} />
      )}
      {chosen.size > 0 && (
        <ManyActions
          jobs={[...chosen.values()].map((job) => now.get(job.id) ?? job)}
          onClear={() => setChosen(new Map())}
        />
      )}
      {(nextCursor !== null || cursor) && (
        <nav aria-label="Pages" className="flex justify-between gap-2 border-t border-line px-4 py-2">
          {cursor ? (
            <Link href={jobsPath(filter)} className={buttonClasses('plain', 'small')}>
              Newest
            </Link>
          ) : (
            <span />
          )}
          {nextCursor !== null && (
            <Link href={jobsPath(filter, nextCursor)} className={buttonClasses('plain', 'small')}>
              Older
            </Link>
          )}
        </nav>
      )}
    </>
  )
}

function NoJobs({ filtered, goesOn }: { filtered: boolean; goesOn: boolean }) {
  if (filtered) {
    return (
      <Empty
        title="No jobs here"
        action={
          <Link href="/jobs" className={buttonClasses()}>
            Show all jobs
          </Link>
        }
      >
        {goesOn ? 'None was found so far; older jobs were not looked at yet.' : 'No job is like that.'}
      </Empty>
    )
  }
  return (
    <Empty
      title="No jobs yet"
      action={
        <Link href="/jobs/new" className={buttonClasses('primary')}>
          Submit the first job
        </Link>
      }
    >
      A job runs a Python script once, on a box that fits.
    </Empty>
  )
}
