import { expect, test } from 'vitest'
import { byteRange } from './byte-range'

test.each([
  ['bytes=0-0', 10, { start: 0, end: 1 }],
  ['bytes=2-5', 10, { start: 2, end: 6 }],
  ['bytes=9-', 10, { start: 9, end: 10 }],
  ['bytes=0-99', 10, { start: 0, end: 10 }],
  ['bytes=-3', 10, { start: 7, end: 10 }],
  ['bytes=-99', 10, { start: 0, end: 10 }],
])('%s of %d bytes', (header, sizeBytes, range) => {
  expect(byteRange(header, sizeBytes)).toEqual(range)
})

test.each(['bytes=10-', 'bytes=10-12', 'bytes=-0'])('%s lies outside of ten bytes', (header) => {
  expect(() => byteRange(header, 10)).toThrow(expect.objectContaining({ code: 'InvalidRange' }))
})

test.each(['bytes=0-', 'bytes=-1'])('nothing can be taken from an empty object (%s)', (header) => {
  expect(() => byteRange(header, 0)).toThrow(expect.objectContaining({ code: 'InvalidRange' }))
})

test.each([undefined, '', 'bytes=', 'bytes=-', 'bytes=5-2', 'bytes=0-1,4-5', 'lines=0-1', 'bytes=a-b'])(
  '%s is no range',
  (header) => {
    expect(byteRange(header, 10)).toBe(null)
  },
)
