import { expect, test } from 'vitest'
import { rowWindow, topPxOf, wrapTopPxOf, wrapWindow } from './row-window'

const at = (lineCount: number, topPx: number) => rowWindow({ lineCount, topPx, rowPx: 20, heightPx: 600 })

test('a short list is drawn whole', () => {
  expect(at(10, 0)).toEqual({ first: 1, last: 10, allPx: 200, offsetPx: 0 })
  expect(at(0, 0)).toEqual({ first: 1, last: 0, allPx: 0, offsetPx: 0 })
})

test('only rows in sight and a few beside them are drawn', () => {
  expect(at(1_000_000, 0)).toMatchObject({ first: 1, last: 45 })
  expect(at(1_000_000, 10_000)).toEqual({ first: 486, last: 545, allPx: 20_000_000, offsetPx: 9_700 })
})

test('beyond the end is the end', () => {
  expect(at(1_000_000, Number.POSITIVE_INFINITY)).toMatchObject({ first: 999_956, last: 1_000_000 })
})

test.each([1_000, 1_500_000, 20_000_000])(
  '%i lines: both ends can be reached, and rows stand where they are seen',
  (lineCount) => {
    const all = at(lineCount, 0).allPx
    expect(all).toBeLessThanOrEqual(30_000_000)
    expect(at(lineCount, 0).first).toBe(1)
    for (const topPx of [0, all / 3, all / 2, all - 600]) {
      const { first, last, offsetPx } = at(lineCount, topPx)
      expect(offsetPx).toBeLessThanOrEqual(topPx)
      expect(offsetPx + (last - first + 1) * 20).toBeGreaterThanOrEqual(topPx + 600 - 1e-3)
    }
    expect(at(lineCount, all - 600).last).toBe(lineCount)
    const end = at(lineCount, all - 600)
    expect(end.offsetPx + (end.last - end.first + 1) * 20).toBeCloseTo(all, 3)
  },
)

test.each([10, 1_000, 1_500_000, 20_000_000])('%i lines: any of them can be brought into sight', (lineCount) => {
  const size = { lineCount, rowPx: 20, heightPx: 600 }
  for (const n of [1, 2, Math.ceil(lineCount / 3), lineCount - 1, lineCount]) {
    const topPx = Math.round(topPxOf(n, size)) // browsers scroll by whole pixels
    const { first, offsetPx } = rowWindow({ ...size, topPx })
    const lineTopPx = offsetPx + (n - first) * 20
    expect(lineTopPx).toBeGreaterThanOrEqual(topPx - 15)
    expect(lineTopPx + 20).toBeLessThanOrEqual(topPx + 600 + 15)
  }
})

const wrapped = (lineCount: number, topPx: number) => wrapWindow({ lineCount, topPx, rowPx: 20, heightPx: 600 })

test('wrapped: the first line is pinned to the top, the end of the last one to the bottom', () => {
  expect(wrapped(1_000, 0)).toMatchObject({ first: 1, last: 32, anchor: 1, anchorPx: 0, share: 0 })
  const end = wrapped(1_000, Number.POSITIVE_INFINITY)
  expect(end).toMatchObject({ first: 970, last: 1_000, anchor: 1_001, anchorPx: 600, share: 0 })
})

test.each([1_000, 20_000_000])('wrapped, %i lines: rows fill what can be seen, however short they are', (lineCount) => {
  const { allPx } = wrapped(lineCount, 0)
  for (const topPx of [0, allPx / 3, allPx / 2, allPx - 700, allPx - 600]) {
    const { first, last, anchor, anchorPx, share } = wrapped(lineCount, topPx)
    if (first > 1) expect((anchor - first + share) * 20).toBeGreaterThanOrEqual(anchorPx)
    if (last < lineCount) expect((last - anchor + 1 - share) * 20).toBeGreaterThanOrEqual(600 - anchorPx)
  }
})

test.each([1_000, 1_400_000])('wrapped, %i lines: any of them can be pinned', (lineCount) => {
  const size = { lineCount, rowPx: 20, heightPx: 600 }
  for (const n of [1, 2, lineCount / 2, lineCount - 1, lineCount]) {
    const { anchor } = wrapWindow({ ...size, topPx: Math.round(wrapTopPxOf(n, size)) })
    expect(Math.abs(anchor - n)).toBeLessThanOrEqual(1)
  }
})
