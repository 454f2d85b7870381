import { expect, test } from 'vitest'
import { readCsv, SHOWN } from './csv'

const rowsOf = (text: string, truncated = false) => {
  const table = readCsv(text, truncated)
  return table && [table.head, ...table.rows]
}

test.each([
  ['commas and quotes', 'a,b\n1,"x, ""y""\nz"\n', [['a', 'b'], ['1', 'x, "y"\nz']]], // biome-ignore format: one case a line
  ['semicolons, CRLF and a byte order mark', '\uFEFFa;b\r\n1;2\r\n', [['a', 'b'], ['1', '2']]], // biome-ignore format: one case a line
  ['tabs', 'a\tb\n1\t2', [['a', 'b'], ['1', '2']]], // biome-ignore format: one case a line
  ['one column', 'volts\n3.3\n\n3.4\n', [['volts'], ['3.3'], ['3.4']]],
  ['rows of unequal length', 'a,b\n1\n1,2,3\n', [['a', 'b', ''], ['1', '', ''], ['1', '2', '3']]], // biome-ignore format: one case a line
])('reads %s', (_, text, rows) => {
  expect(rowsOf(text)).toEqual(rows)
})

test('the half row at the end of a cut text is left out', () => {
  expect(rowsOf('a,b\n1,2\n3,', true)).toEqual([
    ['a', 'b'],
    ['1', '2'],
  ])
  expect(readCsv('a,b\n1,2\n3,', true)?.moreRows).toBeNull()
})

test('what is not shown is counted', () => {
  const wide = Array.from({ length: SHOWN.columns + 3 }, (_, column) => `c${column}`).join(',')
  const table = readCsv(`${wide}\n${'1,2\n'.repeat(SHOWN.rows + 7)}`, false)
  expect(table).toMatchObject({ moreRows: 7, moreColumns: 3 })
  expect([table?.rows.length, table?.head.length]).toEqual([SHOWN.rows, SHOWN.columns])
})

test.each(['', '\n\n', 'a,"b\nnever closed'])('%j is no table', (text) => {
  expect(readCsv(text, false)).toBeUndefined()
})
