import type { Metadata } from 'next'
import { Suspense } from 'react'
import { Hydrate, queryClient, requireCaller, trpc } from '../../data/server'
import { buttonClasses } from '../../ui/button'
import { Link } from '../../ui/link'
import { PageHeading } from '../../ui/page-heading'
import { Skeleton } from '../../ui/skeleton'
import { FilterForm } from './filter-form'
import { JobsList } from './list/jobs-list'
import { firstPage, jobsPath, readFilter } from './list-filter'
import { StateFilterNav } from './state-filter-nav'

export const metadata: Metadata = { title: 'Jobs' }

export default async function JobsPage({ searchParams }: PageProps<'/jobs'>) {
  const filter = readFilter(await searchParams)
  await requireCaller(jobsPath(filter))
  void queryClient().prefetchQuery(trpc.jobs.list.queryOptions(firstPage(filter)))
  return (
    <div className="flex flex-col gap-4">
      <PageHeading
        title="Jobs"
        actions={
          <Link href="/jobs/new" className={buttonClasses('primary')}>
            New job
          </Link>
        }
      />
      <FilterForm key={jobsPath(filter)} filter={filter} />
      <StateFilterNav filter={filter} />
      <div className="overflow-clip rounded-lg border border-line bg-surface">
        <Hydrate>
          <Suspense key={jobsPath(filter)} fallback={<Skeleton rows={8} label="Loading jobs" />}>
            <JobsList filter={filter} />
          </Suspense>
        </Hydrate>
      </div>
    </div>
  )
}
