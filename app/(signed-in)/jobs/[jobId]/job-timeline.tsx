'use client'

import { useSuspenseQueries } from '@tanstack/react-query'
import { useState, useTransition } from 'react'
import type { EventView } from '../../../../core/events/list-events'
import type { JobId } from '../../../../core/ids'
import type { JobView } from '../../../../core/jobs/job-view'
import { isTerminal } from '../../../../core/jobs/state'
import { useTRPC } from '../../../data/trpc'
import { Button } from '../../../ui/button'
import { classes } from '../../../ui/classes'
import { Link } from '../../../ui/link'
import { jobPath } from '../../../ui/paths'
import { Duration, RelativeTime } from '../../../ui/time'
import { actorText, eventText } from '../event-texts'
import { EVENTS_A_PAGE } from './events-page'

/** What happened to the job, who caused it, when, and how long each step took; the last one ticks while the job lives. */
export function JobTimeline({ job, jobId }: { job: JobView; jobId: JobId }) {
  const trpc = useTRPC()
  const [cursors, setCursors] = useState<number[]>([])
  const [isReading, startReading] = useTransition()
  const inputs = [{}, ...cursors.map((cursor) => ({ cursor }))]
  const pages = useSuspenseQueries({
    queries: inputs.map((page) => trpc.jobs.events.queryOptions({ jobId, limit: EVENTS_A_PAGE, ...page })),
  })
  const events = pages.flatMap((page) => page.data.items)
  const next = pages.at(-1)?.data.nextCursor ?? null
  const open = !isTerminal(job.state) && next === null
  return (
    <>
      <ol className="px-4 py-3">
        {events.map((event, index) => (
          <TimelineEvent
            key={event.seq}
            event={event}
            job={job}
            until={events[index + 1]?.at ?? (open ? null : undefined)}
          />
        ))}
      </ol>
      {next !== null && (
        <div className="border-t border-line p-2 text-center">
          <Button
            size="small"
            look="quiet"
            disabled={isReading}
            onClick={() => startReading(() => setCursors([...cursors, next]))}
          >
            Show later events
          </Button>
        </div>
      )}
    </>
  )
}

function TimelineEvent({
  event,
  job,
  until,
}: {
  event: EventView
  job: JobView
  /** When the next thing happened; null: it is still to come; undefined: nothing will. */
  until: string | null | undefined
}) {
  const boxName = event.data.boxId === job.boxId ? job.boxName : undefined
  const { title, detail, jobId } = eventText(event, boxName)
  return (
    <li className="relative flex gap-3 pb-3 last:pb-0">
      {until !== undefined && (
        <span aria-hidden="true" className="absolute top-3 bottom-[-0.4rem] left-[4px] w-px bg-line" />
      )}
      <span
        aria-hidden="true"
        className={classes(
          'relative mt-[0.4rem] size-[9px] shrink-0 rounded-full',
          event.state ? DOTS[event.state] : 'bg-line-strong',
        )}
      />
      <div className="min-w-0 flex-1 text-[0.8125rem]">
        <div className="flex items-baseline justify-between gap-3">
          <span className="font-medium wrap-anywhere">{title}</span>
          {until !== undefined && (
            <span className="shrink-0 text-xs text-muted">
              <Duration from={event.at} to={until} />
            </span>
          )}
        </div>
        {detail && (
          <p className="text-xs wrap-anywhere">{jobId ? <Link href={jobPath(jobId)}>{detail}</Link> : detail}</p>
        )}
        <p className="text-xs text-muted">
          <RelativeTime at={event.at} /> · {actorText(event)}
        </p>
      </div>
    </li>
  )
}

const DOTS: Record<NonNullable<EventView['state']>, string> = {
  queued: 'bg-muted',
  waiting_for_box: 'bg-warn',
  dispatching: 'bg-busy',
  running: 'bg-busy',
  uploading_artifacts: 'bg-busy',
  completed: 'bg-good',
  failed: 'bg-bad',
  cancelled: 'bg-muted',
  timed_out: 'bg-late',
  no_suitable_box: 'bg-warn',
}
