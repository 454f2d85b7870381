'use client'

import type { JobView } from '../../../core/jobs/job-view'
import { JobRow, JobsHead } from './job-row'

/** A few jobs as rows. */
export function JobsTable({ jobs }: { jobs: readonly JobView[] }) {
  return (
    <div className="@container">
      <table className="w-full table-fixed border-separate border-spacing-0 [&_tbody_tr:last-child>td]:border-b-0">
        <caption className="sr-only">Jobs, newest first</caption>
        <JobsHead />
        <tbody>
          {jobs.map((job) => (
            <JobRow key={job.id} job={job} />
          ))}
        </tbody>
      </table>
    </div>
  )
}
