import fc from 'fast-check'
import { expect, test } from 'vitest'
import { prettyJson } from './pretty-json'

test('reads as JSON.stringify would write it, whatever the value and the space in it', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom(undefined, 1, '\t'), (value, space) => {
      expect(prettyJson(JSON.stringify(value, null, space))).toBe(JSON.stringify(value, null, 2))
    }),
  )
})

test('what reading would lose stays: digits of numbers, doubled keys, escapes', () => {
  expect(prettyJson('{"id":12345678901234567890,"v":1.50,"v":[],"s":"a\\u0041\\"]{"}')).toBe(
    '{\n  "id": 12345678901234567890,\n  "v": 1.50,\n  "v": [],\n  "s": "a\\u0041\\"]{"\n}',
  )
})

test.each(['', '{', '{"a":1}{"a":2}', "{'a': 1}", 'NaN'])('%j is no JSON', (text) => {
  expect(prettyJson(text)).toBeUndefined()
})
