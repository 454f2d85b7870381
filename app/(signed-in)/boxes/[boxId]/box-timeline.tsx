'use client'

import { useSuspenseQueries } from '@tanstack/react-query'
import { useState, useTransition } from 'react'
import type { EventView } from '../../../../core/events/list-events'
import type { BoxId } from '../../../../core/ids'
import { useTRPC } from '../../../data/trpc'
import { Button } from '../../../ui/button'
import { RelativeTime } from '../../../ui/time'
import { actorText } from '../../jobs/event-texts'
import { boxEventText } from '../box-event-texts'
import { EVENTS_A_PAGE } from './page-sizes'

/** What happened to the box and who caused it, newest first. */
export function BoxTimeline({ boxId }: { boxId: BoxId }) {
  const trpc = useTRPC()
  const [cursors, setCursors] = useState<number[]>([])
  const [isReading, startReading] = useTransition()
  const inputs = [{}, ...cursors.map((cursor) => ({ cursor }))]
  const pages = useSuspenseQueries({
    queries: inputs.map((page) => trpc.boxes.events.queryOptions({ boxId, limit: EVENTS_A_PAGE, ...page })),
  })
  // Newer events push the first page on: what two pages both hold is shown once.
  const events = [...new Map(pages.flatMap((page) => page.data.items).map((event) => [event.seq, event])).values()]
  const next = pages.at(-1)?.data.nextCursor ?? null
  if (events.length === 0) return <p className="px-4 py-3 text-muted">Nothing yet.</p>
  return (
    <>
      <ol className="flex flex-col gap-3 px-4 py-3">
        {events.map((event) => (
          <TimelineEvent key={event.seq} event={event} />
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
            Show earlier events
          </Button>
        </div>
      )}
    </>
  )
}

function TimelineEvent({ event }: { event: EventView }) {
  const { title, detail } = boxEventText(event)
  return (
    <li className="flex gap-3 text-[0.8125rem]">
      <span aria-hidden="true" className="mt-[0.4rem] size-[9px] shrink-0 rounded-full bg-line-strong" />
      <div className="min-w-0 flex-1">
        <p className="font-medium wrap-anywhere">{title}</p>
        {detail && <p className="text-xs wrap-anywhere">{detail}</p>}
        <p className="text-xs text-muted">
          <RelativeTime at={event.at} /> · {actorText(event)}
        </p>
      </div>
    </li>
  )
}
