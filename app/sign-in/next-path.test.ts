import { expect, test } from 'vitest'
import { safeNextPath, signInPath } from './next-path'

test.each([
  ['/jobs/job_1?attempt=2', '/jobs/job_1?attempt=2'],
  ['/boxes', '/boxes'],
  [undefined, '/jobs'],
  [['/a', '/b'], '/jobs'],
  ['//evil.example/x', '/jobs'],
  ['/\\evil.example', '/jobs'],
  ['/.//evil.example', '/jobs'],
  ['/\t/evil.example', '/jobs'],
  ['https://evil.example', '/jobs'],
  ['javascript:alert(1)', '/jobs'],
  ['/sign-in?next=/sign-in', '/jobs'],
])('after signing in, %j leads to %s', (next, path) => expect(safeNextPath(next)).toBe(path))

test('the way back survives as one parameter', () => {
  expect(signInPath('/jobs?state=failed&x=1')).toBe('/sign-in?next=%2Fjobs%3Fstate%3Dfailed%26x%3D1')
})
