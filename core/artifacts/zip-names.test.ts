import { expect, test } from 'vitest'
import { zipNames } from './zip-names'

test.each([
  [
    ['a', 'out/b.txt', 'ä ö'],
    ['a', 'out/b.txt', 'ä ö'],
  ],
  [
    ['..\\..\\x', 'C:\\x', 'c:x', 'a:b/C:d'],
    ['.._.._x', 'C__x', 'c_x', 'a_b/C:d'],
  ],
  [
    ['a\nb', 'a\x1b[2J', 'a\x85b'],
    ['a_b', 'a_[2J', 'a_b (2)'],
  ],
  [
    ['a\\b', 'a_b', 'a_b (2)'],
    ['a_b', 'a_b (2)', 'a_b (2) (2)'],
  ],
  [
    ['out', 'out/x', 'out/x/y'],
    ['out (2)', 'out/x (2)', 'out/x/y'],
  ],
])('%j become %j', (paths, names) => expect(zipNames(paths)).toEqual(names))
