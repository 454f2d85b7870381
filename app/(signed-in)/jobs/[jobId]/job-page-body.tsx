'use client'

import { useSuspenseQuery } from '@tanstack/react-query'
import type { JobId } from '../../../../core/ids'
import { isTerminal } from '../../../../core/jobs/state'
import { failureOf } from '../../../data/failure'
import { useTRPC } from '../../../data/trpc'
import { useLiveQueries } from '../../../live/use-live'
import { JobStateLabel } from '../../../ui/job-state'
import { Notice } from '../../../ui/notice'
import { PageHeading } from '../../../ui/page-heading'
import { Panel } from '../../../ui/panel'
import { ArtifactsPanel } from './artifacts/artifacts-panel'
import { UploadProgress } from './artifacts/upload-progress'
import { AttemptsPanel } from './attempts/attempts-panel'
import { CancelJob } from './cancel-job'
import { EnvironmentPanel } from './environment-panel'
import { ExtendJob } from './extend-job'
import { JobFacts } from './job-facts'
import { JobTimeline } from './job-timeline'
import { JobVerdict } from './job-verdict'
import { JobLog } from './log/job-log'
import { OutputPanel } from './output/output-panel'
import { RerunJob } from './rerun-job'
import { WaitReasons } from './wait-reasons'

/** A job as it is now: state, why it waits or how it ended, its log, its facts, and what happened to it. */
export function JobPageBody({ jobId }: { jobId: JobId }) {
  const trpc = useTRPC()
  const { data: job, error } = useSuspenseQuery(trpc.jobs.get.queryOptions({ jobId }))
  useLiveQueries(`job:${jobId}`, [
    trpc.jobs.get.queryFilter({ jobId }),
    trpc.jobs.events.queryFilter({ jobId }),
    trpc.jobs.attempts.queryFilter({ jobId }),
  ])
  useLiveQueries(isTerminal(job.state) || job.attempt > 0 ? null : 'boxes', [trpc.jobs.get.queryFilter({ jobId })])
  return (
    <div className="flex flex-col gap-4">
      <PageHeading
        title={job.name}
        actions={
          <>
            <RerunJob job={job} />
            <ExtendJob job={job} />
            <CancelJob job={job} />
          </>
        }
      >
        <span role="status" aria-label="State" className="rounded-full border border-line bg-surface px-2.5 py-0.5">
          <JobStateLabel state={job.state} failureClass={job.failureClass} />
        </span>
        <UploadProgress job={job} />
      </PageHeading>
      {error && (
        <Notice tone="warn" title="Not up to date.">
          {failureOf(error).message}
        </Notice>
      )}
      <JobVerdict job={job} />
      <WaitReasons job={job} />
      <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,1fr)_21rem] xl:grid-cols-[minmax(0,1fr)_24rem]">
        <div className="flex min-w-0 flex-col gap-4">
          <JobLog job={job} />
          <OutputPanel job={job} />
          <ArtifactsPanel job={job} />
        </div>
        <div className="flex min-w-0 flex-col gap-4">
          <JobFacts job={job} />
          {job.attempt > 0 && (
            <Panel title="Attempts">
              <AttemptsPanel job={job} />
            </Panel>
          )}
          <Panel title="Timeline">
            <JobTimeline job={job} jobId={jobId} />
          </Panel>
          <Panel title="Environment">
            <EnvironmentPanel job={job} />
          </Panel>
        </div>
      </div>
    </div>
  )
}
