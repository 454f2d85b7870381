/** Browsers make no element taller than about 33.5 million pixels. */
const TALLEST_PX = 30_000_000
/** Lines beyond both edges, so that a quick scroll finds some. */
const OVERSCAN = 15

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
 * @param topPx how far the element is scrolled; any number beyond the end means the end
 * @param heightPx height of what can be seen of it
 */
export function rowWindow(given: { lineCount: number; rowPx: number; topPx: number; heightPx: number }): RowWindow {
  const { lineCount, rowPx, heightPx } = given
  const wholePx = lineCount * rowPx
  const allPx = Math.min(wholePx, TALLEST_PX)
  const topPx = Math.max(0, Math.min(given.topPx, allPx - heightPx))
  const stretch = wholePx > allPx ? (wholePx - heightPx) / (allPx - heightPx) : 1
  const aimPx = topPx * stretch
  const first = Math.max(1, Math.floor(aimPx / rowPx) + 1 - OVERSCAN)
  const last = Math.min(lineCount, Math.ceil((aimPx + heightPx) / rowPx) + OVERSCAN)
  return { first, last, allPx, offsetPx: (first - 1) * rowPx - (aimPx - topPx) }
}
