import { parse } from 'content-disposition'
import { expect, test } from 'vitest'
import { presentation } from './presentation'

test.each([
  ['image/png', 'image/png', 'inline'],
  ['text/csv', 'text/plain; charset=utf-8', 'inline'],
  ['application/json', 'text/plain; charset=utf-8', 'inline'],
  ['text/html', 'application/octet-stream', 'attachment'],
  ['image/svg+xml', 'application/octet-stream', 'attachment'],
  ['application/xhtml+xml', 'application/octet-stream', 'attachment'],
  ['text/javascript', 'application/octet-stream', 'attachment'],
  ['application/pdf', 'application/octet-stream', 'attachment'],
  ['TEXT/HTML', 'application/octet-stream', 'attachment'],
])('%s is shown as %s, %s', (contentType, shownAs, type) => {
  const shown = presentation({ path: 'a', contentType }, true)
  expect([shown.contentType, parse(shown.disposition).type]).toEqual([shownAs, type])
  const saved = presentation({ path: 'a', contentType })
  expect([saved.contentType, parse(saved.disposition).type]).toEqual([shownAs, 'attachment'])
})

test.each(['report.json', 'ä ö.txt', '日本.bin', 'a"b\\c;d.txt', '%41.txt', "it's.txt", 'x\r\nset-cookie: a=b', '—'])(
  'the name %j arrives',
  (name) => {
    const { disposition } = presentation({ path: `out/${name}`, contentType: 'text/plain' })
    expect(disposition).toMatch(/^[\x20-\x7e]*$/)
    expect(parse(disposition).parameters.filename).toBe(name)
  },
)
