import { TRPCError } from '@trpc/server'
import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { cache } from 'react'
import type { JobView } from '../../../../core/jobs/job-view'
import { Hydrate, queryClient, requireCaller, trpc } from '../../../data/server'
import { EVENTS_A_PAGE } from './events-page'
import { readJobId } from './job-id'
import { JobPageBody } from './job-page-body'

export async function generateMetadata({ params }: PageProps<'/jobs/[jobId]'>): Promise<Metadata> {
  const { jobId } = await params
  await requireCaller(`/jobs/${jobId}`)
  return { title: (await findJob(jobId)).name }
}

export default async function JobPage({ params }: PageProps<'/jobs/[jobId]'>) {
  const { jobId } = await params
  await requireCaller(`/jobs/${jobId}`)
  const { id } = await findJob(jobId)
  const input = { jobId: readJobId(id) ?? notFound(), limit: EVENTS_A_PAGE }
  void queryClient().prefetchQuery(trpc.jobs.events.queryOptions(input))
  return (
    <Hydrate>
      <JobPageBody jobId={input.jobId} />
    </Hydrate>
  )
}

/** The job, awaited, so that one that does not exist is a 404 and not a page that says so. */
const findJob = cache(async (text: string): Promise<JobView> => {
  const jobId = readJobId(text)
  if (!jobId) notFound()
  try {
    return await queryClient().fetchQuery(trpc.jobs.get.queryOptions({ jobId }))
  } catch (error) {
    if (error instanceof TRPCError && error.code === 'NOT_FOUND') notFound()
    throw error
  }
})
