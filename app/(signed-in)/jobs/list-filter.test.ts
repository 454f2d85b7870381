import { expect, test } from 'vitest'
import { isOpen, jobsPath, type ListFilter, NO_FILTER, readFilter, toQuery } from './list-filter'
import { STATE_FILTERS } from './state-filter'

const through = (filter: ListFilter) => {
  const query = new URL(jobsPath(filter), 'http://x').searchParams
  const given: Record<string, string | string[] | undefined> = {}
  for (const key of query.keys()) given[key] = query.getAll(key).length > 1 ? query.getAll(key) : query.getAll(key)[0]
  return readFilter(given)
}

test.each<[ListFilter]>([
  ...STATE_FILTERS.map(({ states }): [ListFilter] => [{ ...NO_FILTER, state: [...states] }]),
  [{ ...NO_FILTER, text: 'rail 5 & "x"', boxId: 'box_0a', group: 'radio', submittedBy: 'user:user_0a' }],
  [{ ...NO_FILTER, label: ['dut=stm32', 'team'], createdAfter: '2026-11-01T00:00:00.000Z' }],
  [{ ...NO_FILTER, createdAfter: '2026-11-01T00:00:00.000Z', createdBefore: '2026-11-02T00:00:00.000Z' }],
])('%j survives the address bar', (filter) => expect(through(filter)).toEqual(filter))

test.each([
  [{}, {}],
  [{ state: '' }, {}],
  [{ state: 'running,failed,nonsense' }, { state: ['running', 'failed'] }],
  [{ state: ['failed', 'running'] }, { state: ['running', 'failed'] }],
  [{ state: 'constructor' }, {}],
  [{ box: "box_' or 1=1", by: 'root', text: '  ', group: ['a', 'b'] }, {}],
  [{ text: ' a\0  b ' }, { text: 'a b' }],
  [{ after: 'yesterday', before: '2026-99-99T00:00' }, {}],
  [{ after: '2026-11-02T00:00:00Z', before: '2026-11-01T00:00:00Z' }, { createdAfter: '2026-11-02T00:00:00.000Z' }],
  [{ label: 'x'.repeat(600) }, { label: ['x'.repeat(500)] }],
])('%j reads %j', (given, filter) => expect(readFilter(given)).toEqual({ ...NO_FILTER, ...filter }))

test('a list without a filter has the shortest address', () => {
  expect(jobsPath(NO_FILTER)).toBe('/jobs')
  expect(jobsPath({ ...NO_FILTER, state: ['failed', 'timed_out'] })).toBe('/jobs?state=failed,timed_out')
})

test('what is not filtered by is not asked for', () => {
  expect(toQuery(NO_FILTER)).toEqual({})
  expect(toQuery({ ...NO_FILTER, label: ['a'], text: 'b' })).toEqual({ label: ['a'], text: 'b' })
  expect([isOpen({ ...NO_FILTER, state: ['failed'] }), isOpen({ ...NO_FILTER, text: 'b' })]).toEqual([true, false])
})
