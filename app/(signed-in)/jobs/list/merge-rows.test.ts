import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { JobView } from '../../../../core/jobs/job-view'
import { type JobRows, mergeRows, readDown } from './merge-rows'

const job = (n: number, name = 'as it was') =>
  ({ id: `job_${String(n).padStart(3, '0')}`, name, labels: {} }) as JobView
const rows = (numbers: number[], nextCursor: number | null): JobRows => ({
  items: numbers.map((n) => job(n)),
  nextCursor: nextCursor === null ? null : job(nextCursor).id,
})
const idOf = (n: number) => job(n).id

test('older jobs are added below, and the list knows where it goes on', () => {
  const known = rows([9, 8], 8)
  expect(mergeRows(known, idOf(8), rows([7, 5], 5))).toEqual(rows([9, 8, 7, 5], 5))
  expect(mergeRows(known, idOf(8), rows([7], null))).toEqual(rows([9, 8, 7], null))
  expect(mergeRows(known, idOf(8), rows([], 3))).toEqual(rows([9, 8], 3))
})

test('what is read again replaces just what it covers: jobs change, come and go', () => {
  const known = rows([9, 7, 5, 3], 3)
  const changed = { items: [job(8), job(7, 'renamed')], nextCursor: idOf(6) }
  expect(mergeRows(known, idOf(9), changed)).toEqual({
    items: [job(9), job(8), job(7, 'renamed'), job(5), job(3)],
    nextCursor: idOf(3),
  })
  expect(mergeRows(known, idOf(7), rows([], 2))).toEqual(rows([9, 7], 2))
  expect(mergeRows(known, undefined, rows([11, 10, 9], 9))).toEqual(rows([11, 10, 9, 7, 5, 3], 3))
})

test('rows that are as they were stay the same objects, and so does a list', () => {
  const known = rows([9, 7, 5], 5)
  const merged = mergeRows(known, undefined, { items: [job(10), job(9), job(7, 'renamed')], nextCursor: idOf(7) })
  expect(merged.items[1]).toBe(known.items[0])
  expect(merged.items[3]).toBe(known.items[2])
  expect(merged.items[2]).not.toBe(known.items[1])
  expect(mergeRows(known, undefined, rows([9, 7], 6))).toBe(known)
})

test('no gap is made: an answer that ends above what is known is all that is known, one from below it is too late', () => {
  const known = rows([9, 8], 8)
  expect(mergeRows(known, undefined, rows([20, 19], 19))).toEqual(rows([20, 19], 19))
  expect(mergeRows(known, idOf(5), rows([4], null))).toBe(known)
})

test('reading down ends where it was to come, at the end, or after so many answers', async () => {
  const all = [9, 8, 7, 6, 5, 4]
  const read = async (after: string | undefined) => {
    const left = all.filter((n) => after === undefined || idOf(n) < after)
    return rows(left.slice(0, 2), left.length > 2 ? (left[1] ?? null) : null)
  }
  expect(await readDown(read, undefined, idOf(7), 9)).toEqual(rows([9, 8, 7, 6], 6))
  expect(await readDown(read, idOf(8), '', 9)).toEqual(rows([7, 6, 5, 4], null))
  expect(await readDown(read, undefined, '', 1)).toEqual(rows([9, 8], 8))
})

test('however a list grows, changes and is read again, nothing that is there is left out between its ends', () => {
  const steps = fc.array(
    fc.oneof(
      fc.record({ does: fc.constant('add' as const), many: fc.integer({ min: 1, max: 6 }) }),
      fc.record({ does: fc.constant('drop' as const), at: fc.nat(40) }),
      fc.record({ does: fc.constant('more' as const), limit: fc.integer({ min: 1, max: 5 }) }),
      fc.record({ does: fc.constant('again' as const), at: fc.nat(40), limit: fc.integer({ min: 1, max: 5 }) }),
    ),
    { maxLength: 40 },
  )
  fc.assert(
    fc.property(steps, (walk) => {
      let there = [3, 2, 1]
      let next = 4
      const answer = (after: string | undefined, limit: number): JobRows => {
        const left = there.filter((n) => after === undefined || idOf(n) < after)
        return rows(left.slice(0, limit), left.length > limit ? (left[limit - 1] ?? null) : null)
      }
      let known = answer(undefined, 2)
      for (const step of walk) {
        if (step.does === 'add') for (let n = 0; n < step.many; n++) there = [next++, ...there]
        if (step.does === 'drop') there = there.filter((_, index) => index !== step.at)
        if (step.does === 'more' && known.nextCursor !== null) {
          known = mergeRows(known, known.nextCursor, answer(known.nextCursor, step.limit))
        }
        if (step.does === 'again') {
          const after = known.items[step.at]?.id
          known = mergeRows(known, after, answer(after, step.limit))
        }
        const ids = known.items.map(({ id }) => id)
        const covered = there.map(idOf).filter((id) => id <= (ids[0] ?? '') && id >= (known.nextCursor ?? ''))
        expect(ids).toEqual(expect.arrayContaining(covered))
        expect(ids).toEqual([...new Set(ids)].sort().reverse())
      }
      expect(mergeRows(known, undefined, answer(undefined, 1_000))).toEqual(rows(there, null))
    }),
  )
})
