'use client'

import { memo, type ReactNode } from 'react'
import type { JobView } from '../../../core/jobs/job-view'
import { isTerminal } from '../../../core/jobs/state'
import { classes } from '../../ui/classes'
import { useHydrated } from '../../ui/clock'
import { formatInstant } from '../../ui/format'
import { JobStateLabel } from '../../ui/job-state'
import { Link } from '../../ui/link'
import { jobPath } from '../../ui/paths'
import { Duration, RelativeTime } from '../../ui/time'
import { actorText } from './event-texts'
import { queueText, waitSummary } from './wait-texts'

/** Rows of jobs are alike in height, so that which of them are in sight is known without measuring: `h-12`, and `h-19` where narrow. */
export const ROW_PX = { wide: 48, narrow: 76 }
/** A table narrower than this (`@xl`) has what stands in columns elsewhere below the name. */
export const NARROW_PX = 576

const HEAD = 'py-2 pr-2 pl-4 text-left text-xs font-medium text-muted whitespace-nowrap'
const CELL = 'overflow-hidden py-0 pr-2 pl-4 border-b border-line h-12 @max-xl:h-19'

/** The names of the columns. `choice` stands above the boxes to tick. */
export function JobsHead({
  choice,
  className,
  ...rest
}: {
  choice?: ReactNode
  className?: string
  'aria-rowindex'?: number
}) {
  return (
    <thead className={className}>
      <tr {...rest} className="bg-sunken/50 [&>*]:border-b [&>*]:border-line">
        {choice && <td className="w-8 py-2 pl-4">{choice}</td>}
        <th scope="col" className={`${HEAD} w-44 @max-xl:hidden`}>
          State
        </th>
        <th scope="col" className={HEAD}>
          Job
        </th>
        <th scope="col" className={`${HEAD} w-28 @4xl:w-40 @max-2xl:hidden`}>
          Box
        </th>
        <th scope="col" className={`${HEAD} w-40 @max-5xl:hidden`}>
          Submitted by
        </th>
        <th scope="col" className={`${HEAD} w-28 @max-2xl:hidden`}>
          Duration
        </th>
        <th scope="col" className={`${HEAD} w-28 @4xl:w-32 @max-xl:hidden`}>
          Submitted
        </th>
      </tr>
    </thead>
  )
}

/** A row that can be chosen, in a list that is gone through by keys: `isCurrent` is the one that Tab leads to. */
export type RowChoice = {
  isChosen: boolean
  isCurrent: boolean
  onChoose: (job: JobView, on: boolean, upTo: boolean) => void
}

/** A job as a row. It is drawn again only when something of it has changed. */
export const JobRow = memo(function JobRow({
  job,
  index,
  isChosen,
  isCurrent,
  onChoose,
}: { job: JobView; index?: number } & Partial<RowChoice>) {
  const tabIndex = isCurrent === false ? -1 : 0
  return (
    <tr
      {...(index !== undefined && { 'aria-rowindex': index + 2, 'data-index': index })}
      className={classes('relative', isChosen ? 'bg-accent/10' : 'hover:bg-sunken/60')}
    >
      {onChoose && (
        <td className="h-12 w-8 border-b border-line py-0 pl-4 @max-xl:h-19">
          <ChoiceBox
            label={`Choose ${job.name}`}
            checked={isChosen ?? false}
            tabIndex={tabIndex}
            onChange={(on, upTo) => onChoose(job, on, upTo)}
          />
        </td>
      )}
      <td className={`${CELL} @max-xl:hidden`}>
        <JobStateLabel state={job.state} failureClass={job.failureClass} className="max-w-full" />
      </td>
      <td className={CELL}>
        <div className="flex min-w-0 items-center gap-2">
          <Link
            href={jobPath(job.id)}
            tabIndex={tabIndex}
            data-part="open"
            title={job.name}
            className="max-w-full shrink-0 truncate font-medium text-ink @xl:not-last:max-w-[70%] after:absolute after:inset-0"
          >
            {job.name}
          </Link>
          <Labels job={job} />
        </div>
        <div className="hidden min-w-0 items-center gap-1 text-xs text-muted @max-xl:flex">
          <JobStateLabel state={job.state} failureClass={job.failureClass} />
          <span className="truncate">
            · {job.boxName ?? queueText(job.queueKey)} · <RelativeTime at={job.createdAt} />
          </span>
        </div>
        <Why job={job} />
      </td>
      <td className={`${CELL} truncate @max-2xl:hidden`}>
        {job.boxName ?? <span className="text-muted">{queueText(job.queueKey)}</span>}
      </td>
      <td className={`${CELL} truncate @max-5xl:hidden`}>
        {actorText({ actor: job.submittedBy, actorName: job.submitterName })}
      </td>
      <td className={`${CELL} whitespace-nowrap @max-2xl:hidden`}>
        {job.startedAt ? (
          <Duration from={job.startedAt} to={job.finishedAt} />
        ) : (
          <span className="text-muted">{isTerminal(job.state) ? 'not started' : '–'}</span>
        )}
      </td>
      <td className={`${CELL} whitespace-nowrap text-muted @max-xl:hidden`}>
        <RelativeTime at={job.createdAt} />
      </td>
    </tr>
  )
})

/** What keeps it waiting, or what ended it; else, where they have no place beside the name, its labels. */
function Why({ job }: { job: JobView }) {
  const zone = useHydrated() ? 'local' : 'UTC'
  const text = job.error ?? waitSummary(job.waitReasons, (at) => formatInstant(at, zone))
  const labels = labelTexts(job).join(' ')
  if (text === '' && labels === '') return null
  return (
    <p className={classes('truncate text-xs text-muted', text === '' && 'hidden @max-xl:block')} title={text || labels}>
      {text || labels}
    </p>
  )
}

const labelTexts = ({ labels }: JobView) => Object.entries(labels).map(([key, value]) => `${key}=${value}`)

function Labels({ job }: { job: JobView }) {
  const texts = labelTexts(job)
  if (texts.length === 0) return null
  return (
    <span className="flex min-w-0 flex-1 gap-1 overflow-hidden @max-xl:hidden" title={texts.join(' ')}>
      {texts.map((text) => (
        <span key={text} className="max-w-60 min-w-8 truncate rounded border border-line px-1 text-xs text-muted">
          {text}
        </span>
      ))}
    </span>
  )
}

/** A box to tick; `upTo` when Shift was held. It stands above the link that covers its row. */
export function ChoiceBox({
  label,
  checked,
  tabIndex = 0,
  onChange,
}: {
  label: string
  checked: boolean
  tabIndex?: number
  onChange: (on: boolean, upTo: boolean) => void
}) {
  return (
    <input
      type="checkbox"
      data-part="choose"
      aria-label={label}
      checked={checked}
      tabIndex={tabIndex}
      onChange={({ target, nativeEvent }) => onChange(target.checked, (nativeEvent as MouseEvent).shiftKey === true)}
      className="relative z-10 block size-4 accent-accent"
    />
  )
}
