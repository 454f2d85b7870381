'use client'

import { defaultRangeExtractor, useWindowVirtualizer } from '@tanstack/react-virtual'
import { useEffect, useEffectEvent, useLayoutEffect, useRef } from 'react'
import { ChoiceBox, JobRow, JobsHead } from '../job-row'
import type { JobRows } from './merge-rows'
import type { Choice } from './use-choice'
import { usePlace, useSteady } from './use-place'
import { useRowKeys } from './use-row-keys'
import { useRowLayout } from './use-row-layout'

/** Rows that are drawn above and below those in sight. */
const OVERSCAN = 12
/** What the server draws: enough for most screens. */
const FIRST_SIGHT = { width: 1_280, height: 1_100 }
/** What may lie over the window's edges: the header above, the bar of actions below. */
const COVERED_PX = { top: 110, bottom: 64 }

/**
 * The list as a table of which only the rows in sight exist; to ears it has all of them. It scrolls with the page. When rows come or go
 * above what is in sight, that stays where it is.
 */
export function JobsWindow({
  rows: { items, nextCursor },
  choice,
  onSight,
  reach,
}: {
  rows: JobRows
  choice: Choice
  /** Told which rows are in sight. */
  onSight: (first: number, last: number) => void
  /** Reads on until the row with this id is there. */
  reach: (id: string) => Promise<void>
}) {
  const body = useRef<HTMLTableSectionElement>(null)
  const layout = useRowLayout(body)
  const keys = useRowKeys(items, body, (index) => virtual.scrollToIndex(index))
  const virtual = useWindowVirtualizer({
    count: items.length,
    estimateSize: () => layout.rowPx,
    getItemKey: (index) => items[index]?.id ?? index,
    overscan: OVERSCAN,
    scrollMargin: layout.topPx,
    scrollPaddingStart: COVERED_PX.top,
    scrollPaddingEnd: COVERED_PX.bottom,
    initialRect: FIRST_SIGHT,
    initialOffset: 0,
    // the row that has the focus stays, wherever one scrolls
    rangeExtractor: (range) => [...new Set([...defaultRangeExtractor(range), keys.current])].sort((a, b) => a - b),
  })
  // biome-ignore lint/correctness/useExhaustiveDependencies: sizes are known anew when rows have another height
  useLayoutEffect(() => virtual.measure(), [virtual, layout.rowPx])
  const { startIndex: first, endIndex: last } = virtual.range ?? { startIndex: 0, endIndex: 0 }
  const say = useEffectEvent(onSight)
  // biome-ignore lint/correctness/useExhaustiveDependencies: other rows stand there when the list has changed
  useEffect(() => say(first, last), [first, last, items])
  useSteady(items, layout)
  usePlace(items, layout, reach)
  const drawn = virtual.getVirtualItems()
  return (
    <table
      aria-rowcount={nextCursor === null ? items.length + 1 : -1}
      className="w-full table-fixed border-separate border-spacing-0"
    >
      <caption className="sr-only">Jobs, newest first. Arrow keys lead from row to row.</caption>
      <JobsHead
        aria-rowindex={1}
        choice={
          <ChoiceBox
            label="Choose all that are loaded"
            checked={items.every(({ id }) => choice.chosen.has(id))}
            onChange={(on) => choice.chooseAll(items, on)}
          />
        }
      />
      <tbody ref={body} onKeyDown={keys.onKeyDown} onFocus={keys.onFocus}>
        {drawn.flatMap(({ index, start }, place) => {
          const job = items[index]
          const above = start - (drawn[place - 1]?.end ?? layout.topPx)
          if (!job) return []
          const row = (
            <JobRow
              key={job.id}
              job={job}
              index={index}
              isChosen={choice.chosen.has(job.id)}
              isCurrent={index === keys.current}
              onChoose={choice.choose}
            />
          )
          return above > 0 ? [<Gap key={`above ${job.id}`} px={above} />, row] : [row]
        })}
        <Gap px={layout.topPx + virtual.getTotalSize() - (drawn.at(-1)?.end ?? layout.topPx)} />
      </tbody>
    </table>
  )
}

/** Rows that are not drawn. */
function Gap({ px }: { px: number }) {
  if (px <= 0) return null
  return (
    // biome-ignore lint/a11y/noAriaHiddenOnFocusable: nothing in it can have the focus
    <tr aria-hidden="true">
      <td className="p-0" style={{ height: px }} />
    </tr>
  )
}
