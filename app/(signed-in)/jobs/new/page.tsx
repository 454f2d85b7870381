import { TRPCError } from '@trpc/server'
import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { BUNDLE_LIMITS } from '../../../../core/bundles/limits'
import { LIMITS } from '../../../../core/jobs/limits'
import { makeQueryClient } from '../../../data/query-client'
import { Hydrate, queryClient, requireCaller, trpc } from '../../../data/server'
import { PageHeading } from '../../../ui/page-heading'
import { readJobId } from '../[jobId]/job-id'
import { BOXES_OFFERED } from './boxes-offered'
import { EMPTY_DRAFT } from './draft'
import { NewJobForm } from './new-job-form'
import { draftOf } from './rerun-draft'
import { askOf } from './target-ask'

export const metadata: Metadata = { title: 'New job' }

export default async function NewJobPage({ searchParams }: PageProps<'/jobs/new'>) {
  const { rerun: of } = await searchParams
  await requireCaller(of === undefined ? '/jobs/new' : `/jobs/new?rerun=${String(of)}`)
  const rerun = of === undefined ? undefined : await findJob(String(of))
  void queryClient().prefetchQuery(trpc.boxes.list.queryOptions(BOXES_OFFERED))
  const asked = askOf(rerun ? draftOf(rerun.submitted) : EMPTY_DRAFT)
  if (asked) await queryClient().prefetchQuery(trpc.boxes.forJob.queryOptions(asked)) // it stands there from the beginning
  return (
    <div className="mx-auto flex max-w-5xl flex-col gap-4">
      <PageHeading title={rerun ? `Rerun ${rerun.submitted.name}` : 'New job'} />
      <Hydrate>
        <NewJobForm limits={LIMITS} bundleLimits={BUNDLE_LIMITS} {...(rerun && { rerun })} />
      </Hydrate>
    </div>
  )
}

/** The job that is run again. Where there is none, or none that the reader may run, the page does not exist. */
async function findJob(text: string) {
  const jobId = readJobId(text)
  if (!jobId) notFound()
  try {
    const [job, submitted] = await Promise.all([
      queryClient().fetchQuery(trpc.jobs.get.queryOptions({ jobId })),
      makeQueryClient().fetchQuery(trpc.jobs.submission.queryOptions({ jobId })), // the page carries it once, not twice
    ])
    const { sha256, sizeBytes, kind } = job.bundle
    return { jobId, submitted, ...(kind === 'zip' && { kept: { sha256, sizeBytes } }) }
  } catch (error) {
    if (error instanceof TRPCError && (error.code === 'NOT_FOUND' || error.code === 'FORBIDDEN')) notFound()
    throw error
  }
}
