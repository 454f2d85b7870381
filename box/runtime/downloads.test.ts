import { expect, test } from 'vitest'
import { downloadPath } from './downloads'

const state = { tmp: '/var/box/tmp', downloadRoots: ['/var/box/tmp/lager-output', '/var/box/tmp/lager-results'] }

test.each([
  ['/var/box/tmp/lager-output/a.bin', '/var/box/tmp/lager-output/a.bin'],
  ['/tmp/lager-output/a.bin', '/var/box/tmp/lager-output/a.bin'],
  ['/tmp/lager-results/x/../a', '/var/box/tmp/lager-results/a'],
  ['/tmp/lager-output', '/var/box/tmp/lager-output'],
])('%s stands at %s', (asked, path) => {
  expect(downloadPath(asked, state)).toBe(path)
})

test.each(['/etc/passwd', '/tmp/lager-output/../../scope', '/tmp/lager-outputs/a', '/tmp/other', 'a', ''])(
  '%s is refused',
  (asked) => {
    expect(() => downloadPath(asked, state)).toThrow('Access to this path is not permitted')
  },
)
