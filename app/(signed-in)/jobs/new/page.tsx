import type { Metadata } from 'next'
import { BUNDLE_LIMITS } from '../../../../core/bundles/limits'
import { LIMITS } from '../../../../core/jobs/submission'
import { Hydrate, queryClient, requireCaller, trpc } from '../../../data/server'
import { PageHeading } from '../../../ui/page-heading'
import { BOXES_OFFERED } from './boxes-offered'
import { NewJobForm } from './new-job-form'

export const metadata: Metadata = { title: 'New job' }

export default async function NewJobPage() {
  await requireCaller('/jobs/new')
  void queryClient().prefetchQuery(trpc.boxes.list.queryOptions(BOXES_OFFERED))
  return (
    <div className="mx-auto flex max-w-5xl flex-col gap-4">
      <PageHeading title="New job" />
      <Hydrate>
        <NewJobForm limits={LIMITS} bundleLimits={BUNDLE_LIMITS} />
      </Hydrate>
    </div>
  )
}
