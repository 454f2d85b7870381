import { expect, test } from 'vitest'
import { endText } from './attempt-texts'

const LIVE = { endedBy: null, exitCode: null, signal: null, closedBy: null, error: null }

test.each([
  [{}, ''],
  [{ endedBy: 'script', exitCode: 3, closedBy: 'done' }, 'script ended with code 3'],
  [{ endedBy: 'script', signal: 'SIGSEGV', closedBy: 'done' }, 'script ended by SIGSEGV'],
  [{ endedBy: 'deadline', signal: 'SIGTERM', closedBy: 'done' }, 'its time was up (by SIGTERM)'],
  [{ endedBy: 'cancel' }, 'cancelled'],
  [{ closedBy: 'fenced', error: 'The box did not answer.' }, 'given up before it began; The box did not answer.'],
  [{ closedBy: 'released' }, 'the box was released by hand'],
] as const)('%o: %s', (known, text) => {
  expect(endText({ ...LIVE, ...known })).toBe(text)
})
