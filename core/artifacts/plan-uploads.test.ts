import { expect, test } from 'vitest'
import { type Known, planUploads, type WantedFile } from './plan-uploads'

const LIMITS = { maxFiles: 3, maxFileBytes: 100, maxTotalBytes: 200, partBytes: 1_000, uploadSeconds: 900 }
const file = (path: string, sizeBytes = 10, sha256 = 'a'): WantedFile => ({
  path,
  source: 'artifacts',
  sizeBytes,
  sha256,
})
const known = (...rows: Known[]) => new Map(rows.map((row) => [row.path, row]))
const plan = (files: WantedFile[], before: Known[] = [], taken = { files: 0, sizeBytes: 0 }) =>
  planUploads(files, known(...before), taken, LIMITS).map((step) => [step.path, 'why' in step ? step.why : step.do])

test('the limits cut what comes last', () => {
  expect(plan([file('a', 101), file('b'), file('c'), file('d'), file('e')])).toEqual([
    ['a', 'it is larger than 100 bytes'],
    ['b', 'begin'],
    ['c', 'begin'],
    ['d', 'begin'],
    ['e', 'there are 3 files already'],
  ])
  expect(plan([file('a', 100), file('b', 90), file('c', 11), file('d', 10)])).toEqual([
    ['a', 'begin'],
    ['b', 'begin'],
    ['c', 'with it there would be more than 200 bytes'],
    ['d', 'begin'],
  ])
  expect(plan([file('a')], [], { files: 3, sizeBytes: 0 })).toEqual([['a', 'there are 3 files already']])
  expect(plan([file('a')], [], { files: 1, sizeBytes: 195 })).toEqual([
    ['a', 'with it there would be more than 200 bytes'],
  ])
})

test('the first of two alike counts; what is not kept stays so', () => {
  expect(plan([file('a', 10, 'x'), file('a', 10, 'y')])).toEqual([
    ['a', 'begin'],
    ['a', 'same'],
  ])
  expect(plan([file('../a'), file('../a')])).toEqual(Array(2).fill(['../a', expect.stringContaining('plain path')]))
})

test('asked again nothing changes; a changed file begins anew, and its old size no longer counts', () => {
  const held: Known = { path: 'a', state: 'uploading', sizeBytes: 100, sha256: 'old' }
  const taken = { files: 3, sizeBytes: 200 }
  expect(plan([file('a', 100, 'old')], [held], taken)).toEqual([['a', 'same']])
  expect(plan([file('a', 100, 'new')], [held], taken)).toEqual([['a', 'begin']])
  expect(plan([file('a', 99, 'old')], [{ ...held, state: 'uploaded' }], taken)).toEqual([['a', 'begin']])
  const failed: Known = { ...held, state: 'failed' }
  expect(plan([file('a', 100, 'old')], [failed], { files: 0, sizeBytes: 0 })).toEqual([['a', 'begin']])
})
