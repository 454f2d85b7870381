'use client'

import { type KeyboardEvent, type ReactNode, useEffect, useEffectEvent, useLayoutEffect, useRef } from 'react'
import type { LogLine } from './log-line'
import { LogRow } from './log-row'
import { useLogRows } from './use-log-rows'

const ROW_PX = 19
/** A log that grows moves its end away while one scrolls there: this close to it counts. */
const END_PX = 8 * ROW_PX

/**
 * A log of any length: fixed rows, of which only those in sight exist. It opens at the end, and stays there while `following`;
 * whoever scrolls up stops following, whoever comes back to the end follows again. Reading a text aloud as it grows would never
 * end, so the region is not announced.
 */
export function LogView({
  lineCount,
  line,
  version,
  following,
  onFollow,
  onRange,
  showTimes,
  empty,
  label,
}: {
  lineCount: number
  /** Line `n` from 1, if it is there. */
  line: (n: number) => LogLine | undefined
  /** Changes whenever `line` may answer something else. */
  version: number
  following: boolean
  onFollow: (following: boolean) => void
  /** Told which lines are in sight, by number. */
  onRange: (first: number, last: number) => void
  showTimes: boolean
  /** Stands where the lines would, when there are none. */
  empty: ReactNode
  label: string
}) {
  const scroller = useRef<HTMLDivElement>(null)
  const { first, last, allPx, offsetPx } = useLogRows(scroller, lineCount, ROW_PX, following)
  const rows = Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index)
  const tellRange = useEffectEvent(() => onRange(first, last))
  // biome-ignore lint/correctness/useExhaustiveDependencies: told again when the log has grown
  useEffect(() => tellRange(), [first, last, lineCount])
  useLayoutEffect(() => {
    if (following && scroller.current) scroller.current.scrollTop = allPx
  }, [following, allPx])
  const onScroll = useFollowing(scroller, following, onFollow)
  return (
    <div
      ref={scroller}
      role="log"
      aria-label={label}
      aria-live="off"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it
      tabIndex={0}
      data-version={version}
      onScroll={onScroll}
      onKeyDown={(event) => scrollByKey(event, onFollow)}
      className="max-h-[max(20rem,calc(100dvh-14rem))] min-h-40 overflow-auto overscroll-contain bg-log font-mono text-[12.5px] [overflow-anchor:none] outline-offset-[-2px]"
    >
      {lineCount === 0 ? (
        <div className="p-4 font-sans text-sm text-muted">{empty}</div>
      ) : (
        <div className="relative" style={{ height: allPx }}>
          <div
            className="absolute top-0 left-0 w-max min-w-full"
            style={{ transform: `translateY(${offsetPx}px)`, lineHeight: `${ROW_PX}px` }}
          >
            {rows.map((n) => (
              <LogRow key={n} n={n} line={line(n)} showTimes={showTimes} digits={String(lineCount).length} />
            ))}
          </div>
        </div>
      )}
    </div>
  )
}

/** Scrolling up leaves the end, scrolling down to it comes back. Growth moves nothing up, so it changes nothing. */
function useFollowing(
  scroller: React.RefObject<HTMLDivElement | null>,
  following: boolean,
  onFollow: (following: boolean) => void,
): () => void {
  const lastTop = useRef(0)
  return () => {
    const element = scroller.current
    if (!element) return
    const { scrollTop, scrollHeight, clientHeight } = element
    const leftPx = scrollHeight - scrollTop - clientHeight
    if (following && leftPx >= ROW_PX && scrollTop < lastTop.current) onFollow(false)
    if (!following && leftPx < END_PX && scrollTop > lastTop.current) onFollow(true)
    lastTop.current = scrollTop
  }
}

/** Home and End reach both ends of the log; what else a scrolled region does with keys, the browser does. */
function scrollByKey(event: KeyboardEvent<HTMLDivElement>, onFollow: (following: boolean) => void): void {
  if (event.key === 'End') onFollow(true)
  if (event.key !== 'Home') return
  onFollow(false)
  event.currentTarget.scrollTop = 0
}
