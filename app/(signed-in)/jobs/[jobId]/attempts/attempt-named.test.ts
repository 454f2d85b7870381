import { expect, test } from 'vitest'
import { attemptNamed } from './attempt-named'

test.each([
  ['1', 1],
  ['3', 3],
  ['4', 3],
  ['0', 3],
  ['1.5', 3],
  ['one', 3],
  [['1', '2'], 3],
  [null, 3],
])('of three attempts %j means number %i', (parameter, attempt) =>
  expect(attemptNamed(parameter, { attempt: 3 })).toBe(attempt),
)
