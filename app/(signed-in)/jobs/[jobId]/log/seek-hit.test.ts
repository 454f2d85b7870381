import { expect, test } from 'vitest'
import { seekHit } from './seek-hit'

/** A log in which these lines have the text; one call looks at ten. */
function aLog(lineCount: number, hits: number[]) {
  return async ({ from, backwards }: { from: number; backwards: '0' | '1' }) => {
    const [first, last] = backwards === '1' ? [Math.max(1, from - 9), from] : [from, Math.min(lineCount, from + 9)]
    const between = hits.filter((n) => n >= first && n <= last)
    const hit = backwards === '1' ? between.at(-1) : between[0]
    if (backwards === '1') return { lines: hit ? [hit] : [], nextFrom: (hit ?? first) - 1, lineCount }
    return { lines: hit ? [hit] : [], nextFrom: (hit ?? last) + 1, lineCount }
  }
}

const { signal } = new AbortController()

test.each([
  [1, 1, 7],
  [8, 1, 60],
  [61, 1, null],
  [100, -1, 60],
  [59, -1, 7],
  [6, -1, null],
] as const)('from line %i in steps of %i the next hit is in line %s', async (from, step, hit) => {
  expect(await seekHit(aLog(100, [7, 60]), from, step, signal)).toBe(hit)
})
