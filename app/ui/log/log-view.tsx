'use client'

import {
  type KeyboardEvent,
  type MouseEvent,
  type ReactNode,
  type RefObject,
  useEffect,
  useEffectEvent,
  useLayoutEffect,
  useMemo,
  useRef,
} from 'react'
import { Button } from '../button'
import type { LogLine } from './log-line'
import { type LogLook, numberWidth } from './log-row'
import { LogRows, layoutOf, ROW_PX, scrollToLine } from './log-rows'
import { useScrolled } from './use-scrolled'

/** A log that grows moves its end away while one scrolls there: this close to it counts. */
const END_PX = 8 * ROW_PX

type Props = {
  lineCount: number
  /** Line `n` from 1, if it is there. */
  line: (n: number) => LogLine | undefined
  /** Changes whenever `line` may answer something else. */
  version: number
  following: boolean
  onFollow: (following: boolean) => void
  /** Told which lines are in sight, by number. */
  onRange: (first: number, last: number) => void
  look: Omit<LogLook, 'digits'>
  /** Lines that somebody points at. */
  picked: { first: number; last: number } | null
  onPick: (n: number, extend: boolean) => void
  /** The line to bring into sight; each new object does it once. */
  goal: { n: number } | null
  /** Asked for by the keys that find things elsewhere. */
  onFind: () => void
  /** Stands where the lines would, when there are none. */
  empty: ReactNode
  label: string
}

/**
 * A log of any length: only rows in sight exist. It opens at the end, and stays there while `following`; whoever scrolls up stops
 * following, whoever comes back to the end follows again. Reading a text aloud as it grows would never end, so the region is not
 * announced.
 */
export function LogView(props: Props) {
  const { lineCount, line, version, following, onFollow, onRange, onPick, picked } = props
  const { wrap, showTimes, pattern } = props.look
  const scroller = useRef<HTMLDivElement>(null)
  const seen = useScrolled(scroller)
  const scrolled = { lineCount, rowPx: ROW_PX, ...seen, ...(following && { topPx: Number.POSITIVE_INFINITY }) }
  const layout = layoutOf(wrap, scrolled)
  const { first, last } = layout
  const digits = numberWidth(lineCount)
  const look = useMemo(() => ({ wrap, showTimes, pattern, digits }), [wrap, showTimes, pattern, digits])
  const tellRange = useEffectEvent(() => onRange(first, last))
  // biome-ignore lint/correctness/useExhaustiveDependencies: told again when the log has grown
  useEffect(() => tellRange(), [first, last, lineCount])
  const { onScroll, moved } = useFollowing(scroller, following, onFollow)
  const content = layout.kind === 'whole' ? version : lineCount
  // biome-ignore lint/correctness/useExhaustiveDependencies: the end moves with what is there, how it is drawn, and how much of it can be seen
  useLayoutEffect(() => {
    if (following && scroller.current) scroller.current.scrollTop = scroller.current.scrollHeight
  }, [following, content, layout.kind, seen.heightPx])
  useGoal(props, layout, scroller, moved)
  return (
    <div className="relative">
      <div
        ref={scroller}
        role="log"
        aria-label={props.label}
        aria-live="off"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it
        tabIndex={0}
        onScroll={onScroll}
        onKeyDown={(event) => actOnKey(event, onFollow, props.onFind)}
        onClick={(event) => pickByClick(event, onPick)}
        className="relative max-h-[max(20rem,calc(100dvh-14rem))] min-h-40 overflow-auto overscroll-contain bg-log font-mono text-[12.5px] [overflow-anchor:none] outline-offset-[-2px]"
      >
        {lineCount === 0 ? (
          <div className="p-4 font-sans text-sm text-muted">{props.empty}</div>
        ) : (
          <LogRows
            layout={layout}
            line={line}
            look={look}
            isPicked={(n) => picked !== null && n >= picked.first && n <= picked.last}
          />
        )}
      </div>
      {!following && lineCount > 0 && (
        <Button size="small" onClick={() => onFollow(true)} className="absolute right-5 bottom-4 shadow-md">
          Jump to the end
        </Button>
      )}
    </div>
  )
}

/** Scrolls to the line that is asked for, once it is there. */
function useGoal(
  { goal, line, lineCount }: Props,
  layout: ReturnType<typeof layoutOf>,
  scroller: RefObject<HTMLElement | null>,
  moved: () => void,
): void {
  const isHere = goal !== null && goal.n <= lineCount && (layout.kind !== 'whole' || line(goal.n) !== undefined)
  const go = useEffectEvent((n: number) => {
    if (!scroller.current) return
    scrollToLine(scroller.current, n, layout, lineCount)
    moved()
  })
  useLayoutEffect(() => {
    if (goal && isHere) go(goal.n)
  }, [goal, isHere])
}

/** Scrolling up leaves the end, scrolling down to it comes back. Growth moves nothing up, so it changes nothing. */
function useFollowing(
  scroller: RefObject<HTMLElement | null>,
  following: boolean,
  onFollow: (following: boolean) => void,
) {
  const lastTop = useRef(0)
  return {
    onScroll() {
      const element = scroller.current
      if (!element) return
      const { scrollTop, scrollHeight, clientHeight } = element
      const leftPx = scrollHeight - scrollTop - clientHeight
      if (following && leftPx >= ROW_PX && scrollTop < lastTop.current) onFollow(false)
      if (!following && leftPx < END_PX && scrollTop > lastTop.current) onFollow(true)
      lastTop.current = scrollTop
    },
    /** It was scrolled to a line, and by nobody who wants to follow. */
    moved() {
      lastTop.current = scroller.current?.scrollTop ?? 0
    },
  }
}

/** Home and End reach both ends of the log, `/` and Ctrl+F what finds; what else a scrolled region does with keys, the browser does. */
function actOnKey(event: KeyboardEvent<HTMLElement>, onFollow: (following: boolean) => void, onFind: () => void): void {
  const { key, ctrlKey, metaKey } = event
  if (key === '/' || (key === 'f' && (ctrlKey || metaKey))) {
    event.preventDefault()
    onFind()
  }
  if (key === 'End') onFollow(true)
  if (key !== 'Home') return
  onFollow(false)
  event.currentTarget.scrollTop = 0
}

/** A plain click on a line's number chooses it; with other keys it is the link that it looks like. */
function pickByClick(event: MouseEvent<HTMLElement>, onPick: (n: number, extend: boolean) => void): void {
  if (event.ctrlKey || event.metaKey || event.altKey) return
  const link = (event.target as Element).closest('a')
  const n = Number(link?.closest<HTMLElement>('[data-line]')?.dataset.line)
  if (!link || !n) return
  event.preventDefault()
  onPick(n, event.shiftKey)
}
