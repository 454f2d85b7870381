import type { ReactNode } from 'react'
import type { LogLine } from './log-line'
import { type LogLook, LogRow } from './log-row'
import {
  type RowWindow,
  rowWindow,
  type Scrolled,
  topPxOf,
  type WrapWindow,
  wrapTopPxOf,
  wrapWindow,
} from './row-window'

export const ROW_PX = 19
/** A wrapped log this short is drawn whole, and scrolled by its real height. */
const WHOLE_LINES = 500

/** How the rows of a log are laid out: all alike in height; wrapped and all there; or wrapped around one that is pinned. */
export type Layout = { first: number; last: number } & (
  | ({ kind: 'fixed' } & RowWindow)
  | { kind: 'whole' }
  | ({ kind: 'pinned'; heightPx: number } & WrapWindow)
)

/** What to draw of a log that is scrolled so far. */
export function layoutOf(wrap: boolean, scrolled: Scrolled): Layout {
  if (!wrap) return { kind: 'fixed', ...rowWindow(scrolled) }
  if (scrolled.lineCount <= WHOLE_LINES) return { kind: 'whole', first: 1, last: scrolled.lineCount }
  return { kind: 'pinned', heightPx: scrolled.heightPx, ...wrapWindow(scrolled) }
}

/** Scrolls so that line `n` can be seen. */
export function scrollToLine(scroller: HTMLElement, n: number, layout: Layout, lineCount: number): void {
  const size = { lineCount, rowPx: ROW_PX, heightPx: scroller.clientHeight }
  if (layout.kind === 'fixed') scroller.scrollTop = topPxOf(n, size)
  if (layout.kind === 'pinned') scroller.scrollTop = wrapTopPxOf(n, size)
  if (layout.kind !== 'whole') return
  const row = scroller.querySelector<HTMLElement>(`[data-line="${n}"]`)
  if (row) scroller.scrollTop = row.offsetTop - (scroller.clientHeight - row.offsetHeight) / 2
}

/** The rows of a log that are drawn. */
export function LogRows({
  layout,
  line,
  look,
  isPicked,
}: {
  layout: Layout
  line: (n: number) => LogLine | undefined
  look: LogLook
  isPicked: (n: number) => boolean
}) {
  const rows = (from: number, to: number) =>
    Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index).map((n) => (
      <LogRow key={n} n={n} line={line(n)} look={look} picked={isPicked(n)} />
    ))
  const { kind, first, last } = layout
  if (kind === 'fixed') return <FixedRows layout={layout}>{rows(first, last)}</FixedRows>
  if (kind === 'whole') return <div className="relative leading-[19px]">{rows(1, last)}</div>
  const { anchor, anchorPx, share, allPx, heightPx } = layout
  return (
    <div style={{ height: allPx }}>
      <div className="sticky top-0 overflow-clip leading-[19px]" style={{ height: heightPx }}>
        <div className="absolute inset-x-0" style={{ top: anchorPx, transform: `translateY(${-share * 100}%)` }}>
          <div className="absolute inset-x-0 bottom-full">{rows(first, anchor - 1)}</div>
          {rows(anchor, Math.min(anchor, last))}
          <div className="absolute inset-x-0 top-full">{rows(anchor + 1, last)}</div>
        </div>
      </div>
    </div>
  )
}

function FixedRows({ layout: { allPx, offsetPx }, children }: { layout: RowWindow; children: ReactNode }) {
  return (
    <div className="relative" style={{ height: allPx }}>
      <div
        className="absolute top-0 left-0 w-max min-w-full"
        style={{ transform: `translateY(${offsetPx}px)`, lineHeight: `${ROW_PX}px` }}
      >
        {children}
      </div>
    </div>
  )
}
