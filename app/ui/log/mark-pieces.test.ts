import { expect, test } from 'vitest'
import { parseAnsi } from './ansi'
import { hitPattern, markPieces } from './mark-pieces'

const told = (line: string, text: string, matchCase = false) =>
  markPieces(parseAnsi(line), hitPattern(text, matchCase)).map(({ text: piece, hit }) => (hit ? `[${piece}]` : piece))

test.each([
  ['no such text', 'error', ['no such text']],
  ['Error and error', 'error', ['[Error]', ' and ', '[error]']],
  ['errorerror', 'error', ['[error]', '[error]']],
  ['an \x1b[31mERR\x1b[0mor here', 'error', ['an ', '[ERR]', '[or]', ' here']],
  ['a.b axb', 'a.b', ['[a.b]', ' axb']],
  ['', 'x', []],
])('%j searched for %j', (line, text, pieces) => {
  expect(told(line, text)).toEqual(pieces)
})

test('capitals count where they are asked for, and no text finds nothing', () => {
  expect(told('Error and error', 'error', true)).toEqual(['Error and ', '[error]'])
  expect(told('abc', '')).toEqual(['abc'])
})
