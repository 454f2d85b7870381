import { expect, test } from 'vitest'
import { compareLog } from './compare-log'

const NAME = 'job_x-1'
const printed = Buffer.from(`${NAME} 1 \n${NAME} 2 half\n${NAME} 3 \xff\0\n${NAME} 4 \n`, 'latin1')
const record = (text: string, more: { partial?: boolean } = {}) => ({
  stream: 'stdout' as const,
  gap: false,
  partial: more.partial ?? false,
  bytes: Buffer.from(text, 'latin1'),
})
const gap = (lines: number) => ({ ...record(''), gap: true, bytes: Buffer.from(JSON.stringify({ lines })) })
const whole = [
  record(`${NAME} 1 `),
  record(`${NAME} 2 `, { partial: true }),
  record('half'),
  record(`${NAME} 3 \xff\0`),
  record(`${NAME} 4 `),
]

test('a log that is whole, a line of it in pieces', () => {
  expect(compareLog(NAME, printed, whole)).toEqual({
    ...{ lost: 0, repeats: 0, gaps: 0, lines: 4, inOrder: true, missingBytes: 0 },
  })
})

test.each([
  ['a line twice', [...whole.slice(0, 4), ...whole.slice(3)], { repeats: 1, inOrder: false }],
  ['a line missing in the middle', [...whole.slice(0, 3), ...whole.slice(4)], { lost: 1, inOrder: false }],
  ['a line missing at the end', whole.slice(0, 4), { lost: 1, inOrder: true, missingBytes: 11 }],
  ['two lines changed places', [...whole.slice(0, 3), ...whole.slice(3).reverse()], { lost: 0, inOrder: false }],
  ['one byte changed', [...whole.slice(0, 3), record(`${NAME} 3 \xfe\0`), ...whole.slice(4)], { inOrder: false }],
  ['a piece without its rest', [...whole.slice(0, 2), ...whole.slice(3)], { inOrder: false }],
  ['a counted gap', [...whole.slice(0, 3), gap(1), ...whole.slice(4)], { lost: 0, gaps: 1, inOrder: true }],
  ['a gap that counts too few', [...whole.slice(0, 1), gap(1), ...whole.slice(4)], { lost: 1, gaps: 1, inOrder: true }],
  ['a line again after a gap', [...whole.slice(0, 4), gap(1), ...whole.slice(3)], { repeats: 1, inOrder: false }],
])('%s is found', (_, records, expected) => {
  expect(compareLog(NAME, printed, records)).toMatchObject(expected)
})
