import { expect, test } from 'vitest'
import { cellText, columnsOf, seriesOf, toRow } from './value-columns'

const AT = '2026-11-24T12:00:00.000Z'
const row = (value: unknown, encoding: 'json' | 'yaml' | 'raw' | 'pickle' = 'json', at = AT) =>
  toRow({ n: 1, at, encoding, value })

test.each([
  [{ volts: 3.3, ok: true }, 'json', { volts: 3.3, ok: true }],
  [3.3, 'json', { value: 3.3 }],
  [[1, 2], 'json', { 0: 1, 1: 2 }],
  [{}, 'json', { value: {} }],
  [null, 'json', { value: null }],
  [Array(100).fill(0), 'json', { value: Array(100).fill(0) }],
  ['3.3\n...\n', 'yaml', { value: 3.3 }],
  ['volts: 3.3\nname: rail 5\n', 'yaml', { volts: 3.3, name: 'rail 5' }],
  ['a: [1]\n', 'yaml', { value: 'a: [1]' }],
  [{ sizeBytes: 12 }, 'pickle', { value: { sizeBytes: 12 } }],
  ['AAEC', 'raw', { value: 'AAEC' }],
] as const)('%j of %s has the cells %j', (value, encoding, cells) => {
  expect(row(value, encoding).cells).toEqual(cells)
})

test('columns come in the order of their first value, and only those of numbers alone are series', () => {
  const rows = [row({ volts: 3.3, state: 'on' }), row({ amps: 1, volts: null }), row({ amps: 2, volts: 3.4, state: 1 })]
  expect(columnsOf(rows)).toEqual(['volts', 'state', 'amps'])
  const x = Date.parse(AT) / 1_000
  expect(seriesOf(rows)).toEqual([
    { name: 'volts', xs: [x, x], ys: [3.3, 3.4] },
    { name: 'amps', xs: [x, x], ys: [1, 2] },
  ])
  expect(seriesOf([row(1)])).toEqual([])
})

test('the clock of a plot never falls, whatever the clock of the box did', () => {
  const early = row(2, 'json', '2026-11-24T11:00:00.000Z')
  expect(seriesOf([row(1), early])[0]?.xs).toEqual([Date.parse(AT) / 1_000, Date.parse(AT) / 1_000])
})

test('cells are texts', () => {
  expect([undefined, 'a', 1, null, [1], true].map(cellText)).toEqual(['', 'a', '1', 'null', '[1]', 'true'])
})
