import type { Metadata } from 'next'
import { Hydrate, queryClient, requireCaller, trpc } from '../data/server'
import { buttonClasses } from '../ui/button'
import { Link } from '../ui/link'
import { PageHeading } from '../ui/page-heading'
import { Overview } from './overview/overview'

export const metadata: Metadata = { title: 'Overview' }

export default async function OverviewPage() {
  await requireCaller('/')
  await queryClient().prefetchQuery(trpc.overview.get.queryOptions())
  return (
    <div className="flex flex-col gap-4">
      <PageHeading
        title="Overview"
        actions={
          <Link href="/jobs/new" className={buttonClasses('primary')}>
            New job
          </Link>
        }
      />
      <Hydrate>
        <Overview />
      </Hydrate>
    </div>
  )
}
