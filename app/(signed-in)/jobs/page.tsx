import type { Metadata } from 'next'
import Link from 'next/link'
import { Suspense } from 'react'
import type { JobId } from '../../../core/ids'
import { Hydrate, queryClient, requireCaller, trpc } from '../../data/server'
import { buttonClasses } from '../../ui/button'
import { PageHeading } from '../../ui/page-heading'
import { Skeleton } from '../../ui/skeleton'
import { JobsList } from './jobs-list'
import { jobsPath, readCursor, readStates } from './state-filter'
import { StateFilterNav } from './state-filter-nav'

export const metadata: Metadata = { title: 'Jobs' }

export default async function JobsPage({ searchParams }: PageProps<'/jobs'>) {
  const given = await searchParams
  const states = readStates(given.state)
  const cursor = readCursor(given.cursor)
  await requireCaller(jobsPath(states, cursor))
  const input = { ...(states.length > 0 && { state: states }), ...(cursor && { cursor: cursor as JobId }) }
  void queryClient().prefetchQuery(trpc.jobs.list.queryOptions(input))
  return (
    <div className="flex flex-col gap-4">
      <PageHeading
        title="Jobs"
        actions={
          <Link href="/jobs/new" prefetch={false} className={buttonClasses('primary')}>
            New job
          </Link>
        }
      />
      <StateFilterNav states={states} />
      <div className="overflow-hidden rounded-lg border border-line bg-surface">
        <Hydrate>
          <Suspense key={JSON.stringify(input)} fallback={<Skeleton rows={8} label="Loading jobs" />}>
            <JobsList input={input} />
          </Suspense>
        </Hydrate>
      </div>
    </div>
  )
}
