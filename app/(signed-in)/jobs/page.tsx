import type { Metadata } from 'next'
import Link from 'next/link'
import { Suspense } from 'react'
import { Hydrate, queryClient, requireCaller, trpc } from '../../data/server'
import { buttonClasses } from '../../ui/button'
import { PageHeading } from '../../ui/page-heading'
import { Skeleton } from '../../ui/skeleton'
import { FilterForm } from './filter-form'
import { JobsList } from './jobs-list'
import { jobsPath, readCursor, readFilter, toQuery } from './list-filter'
import { StateFilterNav } from './state-filter-nav'

export const metadata: Metadata = { title: 'Jobs' }

export default async function JobsPage({ searchParams }: PageProps<'/jobs'>) {
  const given = await searchParams
  const filter = readFilter(given)
  const cursor = readCursor(given.cursor)
  await requireCaller(jobsPath(filter, cursor))
  void queryClient().prefetchQuery(trpc.jobs.list.queryOptions(toQuery(filter, cursor)))
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
      <FilterForm key={jobsPath(filter)} filter={filter} />
      <StateFilterNav filter={filter} />
      <div className="overflow-hidden rounded-lg border border-line bg-surface">
        <Hydrate>
          <Suspense key={jobsPath(filter, cursor)} fallback={<Skeleton rows={8} label="Loading jobs" />}>
            <JobsList filter={filter} cursor={cursor} />
          </Suspense>
        </Hydrate>
      </div>
    </div>
  )
}
