import { expect, test } from 'vitest'
import { safeNextPath, signInPath } from './next-path'

test.each([
  ['/jobs/job_1?attempt=2', '/jobs/job_1?attempt=2'],
  ['/boxes', '/boxes'],
  [undefined, '/'],
  [['/a', '/b'], '/'],
  ['//evil.example/x', '/'],
  ['/\\evil.example', '/'],
  ['/.//evil.example', '/'],
  ['/\t/evil.example', '/'],
  ['https://evil.example', '/'],
  ['javascript:alert(1)', '/'],
  ['/sign-in?next=/sign-in', '/'],
])('after signing in, %j leads to %s', (next, path) => expect(safeNextPath(next)).toBe(path))

test('the way back survives as one parameter', () => {
  expect(signInPath('/jobs?state=failed&x=1')).toBe('/sign-in?next=%2Fjobs%3Fstate%3Dfailed%26x%3D1')
})
