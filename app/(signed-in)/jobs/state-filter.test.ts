import { expect, test } from 'vitest'
import { jobsPath, readCursor, readStates, STATE_FILTERS } from './state-filter'

test('states survive the address bar', () => {
  for (const { states } of STATE_FILTERS) {
    const query = new URL(jobsPath(states), 'http://x').searchParams
    expect(readStates(query.get('state') ?? undefined)).toEqual(states)
  }
})

test.each([
  [undefined, []],
  ['', []],
  ['running,failed,nonsense', ['running', 'failed']],
  [
    ['failed', 'running'],
    ['running', 'failed'],
  ],
  ['constructor', []],
])('%j reads %j', (parameter, states) => expect(readStates(parameter)).toEqual(states))

test('only an id can be a cursor', () => {
  expect(readCursor('job_0abc')).toBe('job_0abc')
  expect(readCursor("job_' or 1=1")).toBeUndefined()
  expect(readCursor(['job_1'])).toBeUndefined()
  expect(jobsPath(['failed'], 'job_1')).toBe('/jobs?state=failed&cursor=job_1')
})
