'use client'

import Link from 'next/link'
import type { JobView } from '../../../core/jobs/job-view'
import { isTerminal } from '../../../core/jobs/state'
import { classes } from '../../ui/classes'
import { useHydrated } from '../../ui/clock'
import { formatInstant } from '../../ui/format'
import { JobStateLabel } from '../../ui/job-state'
import { jobPath } from '../../ui/paths'
import { Duration, RelativeTime } from '../../ui/time'
import { actorText } from './event-texts'
import { waitSummary } from './wait-texts'

const HEAD = 'px-4 py-2 text-left text-xs font-medium text-muted whitespace-nowrap'
const CELL = 'px-4 py-2 align-top'

/** Which rows are chosen, where rows can be. */
type Choice = { isChosen: (job: JobView) => boolean; choose: (jobs: readonly JobView[], on: boolean) => void }

/** Jobs as rows. On a narrow screen what stands in columns elsewhere stands below the name. */
export function JobsTable({ jobs, choice }: { jobs: readonly JobView[]; choice?: Choice }) {
  return (
    <table className="w-full border-collapse">
      <caption className="sr-only">Jobs, newest first</caption>
      <thead className="border-b border-line bg-sunken/50">
        <tr>
          {choice && (
            <td className="w-0 py-2 pl-4">
              <Box
                label="Choose all of this page"
                checked={jobs.every(choice.isChosen)}
                onChange={(on) => choice.choose(jobs, on)}
              />
            </td>
          )}
          <th scope="col" className={HEAD}>
            State
          </th>
          <th scope="col" className={`${HEAD} w-full`}>
            Job
          </th>
          <th scope="col" className={`${HEAD} max-md:hidden`}>
            Box
          </th>
          <th scope="col" className={`${HEAD} max-lg:hidden`}>
            Submitted by
          </th>
          <th scope="col" className={`${HEAD} max-md:hidden`}>
            Duration
          </th>
          <th scope="col" className={`${HEAD} max-sm:hidden`}>
            Submitted
          </th>
        </tr>
      </thead>
      <tbody>
        {jobs.map((job) => (
          <JobRow key={job.id} job={job} choice={choice} />
        ))}
      </tbody>
    </table>
  )
}

function JobRow({ job, choice }: { job: JobView; choice: Choice | undefined }) {
  const isChosen = choice?.isChosen(job) ?? false
  return (
    <tr
      className={classes(
        'relative border-b border-line last:border-b-0',
        isChosen ? 'bg-accent/10' : 'hover:bg-sunken/60',
      )}
    >
      {choice && (
        <td className="w-0 py-2 pl-4 align-top">
          <Box label={`Choose ${job.name}`} checked={isChosen} onChange={(on) => choice.choose([job], on)} />
        </td>
      )}
      <td className={`${CELL} max-sm:pr-0`}>
        <JobStateLabel state={job.state} failureClass={job.failureClass} className="max-sm:[&>svg]:size-4" />
      </td>
      <td className={`${CELL} min-w-0`}>
        <Link
          href={jobPath(job.id)}
          prefetch={false}
          className="font-medium text-ink wrap-anywhere after:absolute after:inset-0"
        >
          {job.name}
        </Link>
        <Labels labels={job.labels} />
        <Why job={job} />
        <div className="text-xs text-muted sm:hidden">
          {job.boxName ?? job.queueKey} · <RelativeTime at={job.createdAt} />
        </div>
      </td>
      <td className={`${CELL} whitespace-nowrap max-md:hidden`}>
        {job.boxName ?? <span className="text-muted">{job.queueKey}</span>}
      </td>
      <td className={`${CELL} max-w-48 truncate max-lg:hidden`}>
        {actorText({ actor: job.submittedBy, actorName: job.submitterName })}
      </td>
      <td className={`${CELL} whitespace-nowrap max-md:hidden`}>
        {job.startedAt ? (
          <Duration from={job.startedAt} to={job.finishedAt} />
        ) : (
          <span className="text-muted">{isTerminal(job.state) ? 'not started' : '–'}</span>
        )}
      </td>
      <td className={`${CELL} whitespace-nowrap text-muted max-sm:hidden`}>
        <RelativeTime at={job.createdAt} />
      </td>
    </tr>
  )
}

/** What keeps it waiting, or what ended it. */
function Why({ job }: { job: JobView }) {
  const zone = useHydrated() ? 'local' : 'UTC'
  const text = job.error ?? waitSummary(job.waitReasons, (at) => formatInstant(at, zone))
  if (!text) return null
  return (
    <p className="line-clamp-1 text-xs text-muted wrap-anywhere" title={text}>
      {text}
    </p>
  )
}

function Labels({ labels }: { labels: JobView['labels'] }) {
  if (Object.keys(labels).length === 0) return null
  return (
    <span className="ml-2 inline-flex max-w-full flex-wrap gap-1 align-bottom max-sm:ml-0 max-sm:flex">
      {Object.entries(labels).map(([key, value]) => (
        <span key={key} className="max-w-60 truncate rounded border border-line px-1 text-xs text-muted">
          {key}={value}
        </span>
      ))}
    </span>
  )
}

/** A box to tick. It stands above the link that covers its row. */
function Box({ label, checked, onChange }: { label: string; checked: boolean; onChange: (on: boolean) => void }) {
  return (
    <input
      type="checkbox"
      aria-label={label}
      checked={checked}
      onChange={(event) => onChange(event.target.checked)}
      className="relative z-10 block size-4 translate-y-0.5 accent-accent"
    />
  )
}
