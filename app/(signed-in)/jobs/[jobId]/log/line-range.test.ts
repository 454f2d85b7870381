import { expect, test } from 'vitest'
import { lineHash, pickLine, readLineRange } from './line-range'

test.each([
  ['#L120', { first: 120, last: 120 }],
  ['#L120-L140', { first: 120, last: 140 }],
  ['#L140-L120', { first: 120, last: 140 }],
  ['#L120-140', { first: 120, last: 140 }],
  ['', null],
  ['#content', null],
  ['#L0', null],
  ['#L1e9', null],
  ['#L12345678901', null],
])('%s names %o', (hash, range) => {
  expect(readLineRange(hash)).toEqual(range)
  if (range) expect(readLineRange(lineHash(range))).toEqual(range)
})

test('a click chooses a line, with shift all lines from the one before', () => {
  expect(pickLine(null, 5, true)).toEqual({ first: 5, last: 5 })
  expect(pickLine({ first: 3, last: 3 }, 5, false)).toEqual({ first: 5, last: 5 })
  expect(pickLine({ first: 3, last: 3 }, 5, true)).toEqual({ first: 3, last: 5 })
  expect(pickLine({ first: 3, last: 5 }, 1, true)).toEqual({ first: 1, last: 5 })
  expect(pickLine({ first: 3, last: 9 }, 5, true)).toEqual({ first: 3, last: 5 })
})
