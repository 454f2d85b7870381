import { TRPCError } from '@trpc/server'
import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { cache } from 'react'
import type { JobView } from '../../../../core/jobs/job-view'
import { Hydrate, queryClient, requireCaller, trpc } from '../../../data/server'
import { ARTIFACTS_A_PAGE } from './artifacts/artifacts-page'
import { attemptNamed } from './attempts/attempt-named'
import { EVENTS_A_PAGE } from './events-page'
import { readJobId } from './job-id'
import { JobPageBody } from './job-page-body'

export async function generateMetadata({ params, searchParams }: PageProps<'/jobs/[jobId]'>): Promise<Metadata> {
  const { jobId } = await params
  await requireCaller(pathOf(jobId, (await searchParams).attempt))
  return { title: (await findJob(jobId)).name }
}

export default async function JobPage({ params, searchParams }: PageProps<'/jobs/[jobId]'>) {
  const [{ jobId }, { attempt: named }] = await Promise.all([params, searchParams])
  await requireCaller(pathOf(jobId, named))
  const job = await findJob(jobId)
  const attempt = attemptNamed(named, job)
  const input = { jobId: readJobId(job.id) ?? notFound(), limit: EVENTS_A_PAGE }
  const files = { jobId: input.jobId, attempt, limit: ARTIFACTS_A_PAGE }
  // awaited: parts that come later would find newer answers than they were drawn with, since the job goes on meanwhile
  await Promise.all([
    queryClient().prefetchQuery(trpc.jobs.events.queryOptions(input)),
    queryClient().prefetchQuery(trpc.jobs.attempts.queryOptions({ jobId: input.jobId, limit: 200 })),
    attempt > 0 && queryClient().prefetchQuery(trpc.artifacts.list.queryOptions(files)),
  ])
  return (
    <Hydrate>
      <JobPageBody jobId={input.jobId} />
    </Hydrate>
  )
}

const pathOf = (jobId: string, attempt: unknown) =>
  typeof attempt === 'string' ? `/jobs/${jobId}?attempt=${encodeURIComponent(attempt)}` : `/jobs/${jobId}`

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
