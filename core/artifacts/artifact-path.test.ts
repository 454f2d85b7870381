import { expect, test } from 'vitest'
import { contentTypeOf, readPath } from './artifact-path'

test.each(['a', 'out/a.bin', 'ä/ö …', '..a/b..', 'a\\b', ' ', 'x'.repeat(1_024), 'a\nb'])('%j is a path', (path) => {
  expect(readPath(path)).toEqual({ path })
})

test.each([
  ['', '(no name)'],
  ['/etc/passwd', '/etc/passwd'],
  ['a/../b', 'a/../b'],
  ['..', '..'],
  ['./a', './a'],
  ['a//b', 'a//b'],
  ['a/', 'a/'],
  ['a\0b', 'a\\x00b'],
  ['caf\udce9.txt', 'caf\\xe9.txt'],
  ['half \ud83d', 'half \\xd83d'],
])('%j is none, and can be shown as %j', (given, shown) => {
  expect(readPath(given)).toEqual({ path: shown, problem: expect.stringMatching(/^its (name|path) /) })
})

test('a path that is too long is cut between characters', () => {
  const { path, problem } = readPath('ä'.repeat(600))
  expect(problem).toBe('its path is longer than 1024 bytes')
  expect(Buffer.byteLength(path)).toBeLessThanOrEqual(1_024)
  expect(path).toMatch(/^ä+…$/)
})

test.each([
  ['out/a.json', 'application/json'],
  ['A.PNG', 'image/png'],
  ['run.log', 'text/plain'],
  ['firmware.bin', 'application/octet-stream'],
  ['folder.json/png', 'application/octet-stream'],
  ['no-such.kind', 'application/octet-stream'],
  ['__proto__', 'application/octet-stream'],
  ['x.constructor', 'application/octet-stream'],
])('%s is %s', (path, type) => expect(contentTypeOf(path)).toBe(type))
