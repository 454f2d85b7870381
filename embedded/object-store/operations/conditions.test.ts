import { expect, test } from 'vitest'
import type { StoredObject } from '../storage/catalogue'
import { isNotModified, rangeStands, writeCondition } from './conditions'

const NOON = Date.parse('2026-11-24T12:00:00.500Z')
const object: StoredObject = {
  key: 'k',
  id: 'i',
  sizeBytes: 1,
  etag: 'e1',
  modifiedAt: NOON,
  checksum: null,
  headers: {},
}
const SAME = 'Tue, 24 Nov 2026 12:00:00 GMT'
const EARLIER = 'Tue, 24 Nov 2026 11:59:59 GMT'

function read(headers: Record<string, string>): string {
  try {
    return isNotModified(object, new Map(Object.entries(headers))) ? '304' : '200'
  } catch (error) {
    return (error as { code: string }).code
  }
}

test.each<[Record<string, string>, string]>([
  [{}, '200'],
  [{ 'if-match': '"e1"' }, '200'],
  [{ 'if-match': '*' }, '200'],
  [{ 'if-match': '"e0", "e1"' }, '200'],
  [{ 'if-match': '"e0"' }, 'PreconditionFailed'],
  [{ 'if-match': '"e1"', 'if-unmodified-since': EARLIER }, '200'],
  [{ 'if-unmodified-since': SAME }, '200'],
  [{ 'if-unmodified-since': EARLIER }, 'PreconditionFailed'],
  [{ 'if-none-match': '"e1"' }, '304'],
  [{ 'if-none-match': 'W/"e1"' }, '304'],
  [{ 'if-none-match': '*' }, '304'],
  [{ 'if-none-match': '"e0"' }, '200'],
  [{ 'if-none-match': '"e0"', 'if-modified-since': SAME }, '200'],
  [{ 'if-modified-since': SAME }, '304'],
  [{ 'if-modified-since': EARLIER }, '200'],
  [{ 'if-modified-since': 'yesterday, I think' }, '200'],
])('a read with %o: %s', (headers, expected) => {
  expect(read(headers)).toBe(expected)
})

test.each([
  ['"e1"', true],
  ['"e0"', false],
  [SAME, true],
  [EARLIER, false],
])('a range after If-Range: %s stands: %s', (header, stands) => {
  expect(rangeStands(object, new Map([['if-range', header]]))).toBe(stands)
})

test('a write can ask that nothing is there, or exactly that', () => {
  const on = (headers: Record<string, string>, current: StoredObject | null) => () =>
    writeCondition(new Map(Object.entries(headers)))(current)
  expect(on({}, object)).not.toThrow()
  expect(on({ 'if-none-match': '*' }, null)).not.toThrow()
  expect(on({ 'if-none-match': '*' }, object)).toThrow(expect.objectContaining({ code: 'PreconditionFailed' }))
  expect(on({ 'if-none-match': '"e1"' }, object)).toThrow(expect.objectContaining({ code: 'NotImplemented' }))
  expect(on({ 'if-match': '"e1"' }, object)).not.toThrow()
  expect(on({ 'if-match': '"e0"' }, object)).toThrow(expect.objectContaining({ code: 'PreconditionFailed' }))
  expect(on({ 'if-match': '"e1"' }, null)).toThrow(expect.objectContaining({ code: 'NoSuchKey' }))
})
