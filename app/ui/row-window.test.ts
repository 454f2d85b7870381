import { expect, test } from 'vitest'
import { rowWindow } from './row-window'

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
