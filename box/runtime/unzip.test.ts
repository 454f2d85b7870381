import { expect, test } from 'vitest'
import { relativeEntryName } from './unzip'

test.each([
  ['main.py', 'main.py'],
  ['a/b.py', 'a/b.py'],
  ['../../etc/passwd', 'etc/passwd'],
  ['/etc/passwd', 'etc/passwd'],
  ['a/./../b', 'a/b'],
  ['..', ''],
])('entry %s is unpacked as %s', (name, path) => {
  expect(relativeEntryName(name)).toBe(path)
})
