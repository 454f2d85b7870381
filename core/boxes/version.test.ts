import { expect, test } from 'vitest'
import { judgeVersion } from './version'

test.each([
  ['0.38.0', 'ok'],
  ['0.38', 'ok'],
  ['v0.40.1', 'ok'],
  ['0.40.0-rc.1', 'ok'],
  ['1.0.0', 'ok'],
  ['0.38.0+local', 'ok'],
  ['0.37.9', 'too_old'],
  ['0.9.0', 'too_old'],
  ['v0.3', 'too_old'],
  ['unknown', 'unknown'],
  ['', 'unknown'],
  ['main', 'unknown'],
  ['38', 'unknown'],
  ['0.38x', 'unknown'],
] as const)('a runtime of version %j is %s', (version, verdict) => {
  expect(judgeVersion(version)).toBe(verdict)
})
