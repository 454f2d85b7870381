'use client'

import { useSuspenseQuery } from '@tanstack/react-query'
import type { inferInput } from '@trpc/tanstack-react-query'
import Link from 'next/link'
import { failureOf } from '../../data/failure'
import { useTRPC } from '../../data/trpc'
import { useLiveQueries } from '../../live/use-live'
import { buttonClasses } from '../../ui/button'
import { Empty } from '../../ui/empty'
import { Notice } from '../../ui/notice'
import { JobsTable } from './jobs-table'
import { jobsPath } from './state-filter'

type Input = Exclude<inferInput<ReturnType<typeof useTRPC>['jobs']['list']>, void>

/** One page of the list, as it is now. */
export function JobsList({ input }: { input: Input }) {
  const trpc = useTRPC()
  const { data, error } = useSuspenseQuery(trpc.jobs.list.queryOptions(input))
  useLiveQueries('jobs', [trpc.jobs.list.queryFilter(input)])
  const { items, nextCursor } = data
  const states = input.state ?? []
  return (
    <>
      {error && (
        <div className="p-3">
          <Notice tone="warn" title="Not up to date.">
            {failureOf(error).message}
          </Notice>
        </div>
      )}
      {items.length > 0 ? <JobsTable jobs={items} /> : <NoJobs filtered={states.length > 0 || Boolean(input.cursor)} />}
      {(nextCursor !== null || input.cursor) && (
        <nav aria-label="Pages" className="flex justify-between gap-2 border-t border-line px-4 py-2">
          {input.cursor ? (
            <Link href={jobsPath(states)} className={buttonClasses('plain', 'small')}>
              Newest
            </Link>
          ) : (
            <span />
          )}
          {nextCursor !== null && (
            <Link href={jobsPath(states, nextCursor)} className={buttonClasses('plain', 'small')}>
              Older
            </Link>
          )}
        </nav>
      )}
    </>
  )
}

function NoJobs({ filtered }: { filtered: boolean }) {
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
        No job is in these states.
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
