/** Browsers make no element taller than about 33.5 million pixels. */
const TALLEST_PX = 30_000_000
/** Lines beyond both edges, so that a quick scroll finds some. */
const OVERSCAN = 15

/** How long a log is, and what can be seen of it. `topPx` beyond the end means the end. */
export type Scrolled = { lineCount: number; rowPx: number; topPx: number; heightPx: number }

export type RowWindow = {
  /** Numbers of the lines to draw, `first` to `last`, from 1; none when `last` is 0. */
  first: number
  last: number
  /** Height of all lines together, as far as an element can be tall. */
  allPx: number
  /** Where the first line to draw stands. */
  offsetPx: number
}

/**
 * Finds the rows of a fixed height that are in sight: a division, however many there are. A list that is taller than an element
 * can be is scrolled in larger steps: its whole length is mapped onto the tallest element.
 */
export function rowWindow(given: Scrolled): RowWindow {
  const { lineCount, rowPx, heightPx } = given
  const { allPx, stretch } = measures(given)
  const topPx = Math.max(0, Math.min(given.topPx, allPx - heightPx))
  const aimPx = topPx * stretch
  const first = Math.max(1, Math.floor(aimPx / rowPx) + 1 - OVERSCAN)
  const last = Math.min(lineCount, Math.ceil((aimPx + heightPx) / rowPx) + OVERSCAN)
  return { first, last, allPx, offsetPx: (first - 1) * rowPx - (aimPx - topPx) }
}

/** How far to scroll so that line `n` stands in the middle, as far as the ends of the list allow. */
export function topPxOf(n: number, given: Omit<Scrolled, 'topPx'>): number {
  const { rowPx, heightPx } = given
  const { allPx, stretch } = measures(given)
  const aimPx = ((n - 0.5) * rowPx - heightPx / 2) / stretch
  return Math.max(0, Math.min(aimPx, allPx - heightPx))
}

function measures({ lineCount, rowPx, heightPx }: Omit<Scrolled, 'topPx'>): { allPx: number; stretch: number } {
  const wholePx = lineCount * rowPx
  const allPx = Math.min(wholePx, TALLEST_PX)
  return { allPx, stretch: wholePx > allPx ? (wholePx - heightPx) / (allPx - heightPx) : 1 }
}

export type WrapWindow = {
  first: number
  last: number
  /** Height of the element that is scrolled. */
  allPx: number
  /** The line that is pinned; one beyond the last at the very end. */
  anchor: number
  /** How far down what can be seen it is pinned. */
  anchorPx: number
  /** The share of its height that stands above that place. */
  share: number
}

/**
 * Finds the rows in sight where nobody knows how tall they are, since long lines take several. How far the list is scrolled, as
 * a share, says which line is pinned, and at the same share of what can be seen: the first line at the top, the last one
 * at the bottom. The others stand above and below it as tall as they are, each at least `rowPx`.
 */
export function wrapWindow(given: Scrolled): WrapWindow {
  const { lineCount, rowPx, heightPx } = given
  const { allPx } = measures(given)
  const wayPx = Math.max(1, allPx - heightPx)
  const scrolled = Math.max(0, Math.min(given.topPx / wayPx, 1))
  const aim = scrolled * lineCount
  const anchor = Math.floor(aim) + 1
  const [above, below] = [scrolled * heightPx, (1 - scrolled) * heightPx]
  const first = Math.max(1, anchor - Math.ceil(above / rowPx) - 1)
  const last = Math.min(lineCount, anchor + Math.ceil(below / rowPx) + 1)
  return { first, last, allPx, anchor, anchorPx: above, share: aim - Math.floor(aim) }
}

/** How far to scroll so that line `n` is the one that is pinned. */
export function wrapTopPxOf(n: number, given: Omit<Scrolled, 'topPx'>): number {
  return ((n - 0.5) / given.lineCount) * Math.max(0, measures(given).allPx - given.heightPx)
}
