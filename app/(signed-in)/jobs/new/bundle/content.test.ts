import { expect, test } from 'vitest'
import { entryOf, pythonFiles, tooLarge, tooMuch } from './content'

const LIMITS = { zippedBytes: 100_000_000, unpackedBytes: 500_000_000, entries: 20_000 }
const files = (...paths: string[]) => paths.map((path) => ({ path, sizeBytes: 10 }))

test.each([
  { why: 'main.py is run unless another is chosen', chosen: '', paths: ['a.py', 'main.py'], entry: 'main.py' },
  { why: 'the only Python file is run', chosen: '', paths: ['data.csv', 'tests/run.py'], entry: 'tests/run.py' },
  { why: 'a choice holds', chosen: 'a.py', paths: ['a.py', 'main.py'], entry: 'a.py' },
  { why: 'a choice that went with its bundle does not', chosen: 'old.py', paths: ['main.py'], entry: 'main.py' },
  { why: 'of several none is guessed', chosen: '', paths: ['a.py', 'b.py'], entry: '' },
  { why: 'a main.py further down is no main.py', chosen: '', paths: ['a.py', 'x/main.py'], entry: '' },
  { why: 'without Python there is nothing to run', chosen: '', paths: ['a.txt'], entry: '' },
])('$why', ({ chosen, paths, entry }) => {
  expect(entryOf(chosen, files(...paths))).toBe(entry)
})

test('what stands highest in the folder is offered first', () => {
  expect(pythonFiles(files('pkg/b.py', 'z.py', 'pkg/a.py', 'a.txt', 'm.py'))).toEqual([
    'm.py',
    'z.py',
    'pkg/a.py',
    'pkg/b.py',
  ])
})

test('limits are told in words, with what they are', () => {
  const many = Array.from({ length: 20_001 }, (_, n) => ({ path: `f${n}`, sizeBytes: 1 }))
  expect(tooMuch([], LIMITS)).toBe('There is no file in it.')
  expect(tooMuch(many.slice(1), LIMITS)).toBeUndefined()
  expect(tooMuch(many, LIMITS)).toBe('It has more than 20,000 files.')
  expect(tooMuch([{ path: 'big', sizeBytes: 500_000_000 }], LIMITS)).toBeUndefined()
  expect(tooMuch([{ path: 'big', sizeBytes: 600_000_000 }], LIMITS)).toBe('It has 600 MB of files; at most 500 MB fit.')
  expect(tooLarge(LIMITS, 123_456_789)).toBe('Zipped it has 123.5 MB; at most 100 MB fit.')
  expect(tooLarge(LIMITS)).toBe('Zipped it has more than 100 MB; at most 100 MB fit.')
})
