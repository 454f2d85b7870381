import { expect, test } from 'vitest'
import { isUuid } from './kill'

test.each([
  ['123e4567-e89b-42d3-a456-426614174000', true],
  ['123E4567-E89B-42D3-A456-426614174000', true],
  ['123e4567e89b42d3a456426614174000', true],
  ['{123e4567-e89b-42d3-a456-426614174000}', true],
  ['urn:uuid:123e4567-e89b-42d3-a456-426614174000', true],
  ['not-a-uuid', false],
  ['../../etc', false],
  ['123e4567-e89b-42d3-a456-42661417400', false],
])('whether %s names a run: %s', (text, valid) => {
  expect(isUuid(text)).toBe(valid)
})
