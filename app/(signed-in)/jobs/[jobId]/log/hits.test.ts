import { expect, test } from 'vitest'
import { firstHit, hitsText } from './hits'

test('the hit to show first is the next one from what is in sight; the last one where none follows', () => {
  const hits = [10, 20, 30]
  expect(firstHit({ items: hits, done: false, capped: false }, 15)).toBe(1)
  expect(firstHit({ items: hits, done: false, capped: false }, 31)).toBeNull()
  expect(firstHit({ items: hits, done: true, capped: false }, 31)).toBe(2)
  expect(firstHit({ items: hits, done: true, capped: true }, 31)).toBeNull()
  expect(firstHit({ items: [], done: true, capped: false }, 1)).toBeNull()
})

test('the count is said as far as it is known', () => {
  expect(hitsText({ items: [], done: true, capped: false }, null)).toBe('Not found')
  expect(hitsText({ items: [1, 2], done: true, capped: false }, 0)).toBe('1 of 2')
  expect(hitsText({ items: [1, 2], done: false, capped: false }, null)).toBe('2 so far found')
  expect(hitsText({ items: [], done: false, capped: false }, null)).toBe('Searching …')
  expect(hitsText({ items: Array(10_000).fill(1), done: true, capped: true }, 4)).toBe('5 of more than 10,000')
  expect(hitsText({ items: Array(10_000).fill(1), done: true, capped: true }, null, 812_345)).toBe(
    'line 812,345, one of more than 10,000',
  )
})
