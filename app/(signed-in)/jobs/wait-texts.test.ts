import { expect, test } from 'vitest'
import { WAIT_CODES } from '../../../db/schema'
import { boxNames, queueText, waitSummary, waitText } from './wait-texts'

const clock = (at: string) => at.slice(11, 16)

test.each([
  [{ code: 'no_free_box', boxes: [] }, 'The organisation has no boxes'],
  [{ code: 'no_free_box', boxes: ['a'] }, 'Fits, but went to jobs before it'],
  [{ code: 'box_locked_outside', boxes: ['a'], detail: 'ada@bench' }, 'Locked outside of Stout by ada@bench'],
  [
    { code: 'box_resting', boxes: ['a'], detail: 'until 2026-11-23T12:34:56.789Z' },
    'Refused this job and rests until 12:34',
  ],
  [{ code: 'missing_net', boxes: ['a'], detail: 'UART × 2' }, 'Lacks nets: needs UART × 2'],
  [{ code: 'label_mismatch', boxes: ['a'], detail: 'dut=nrf52840' }, 'Not labelled dut=nrf52840'],
  [{ code: 'not_before', boxes: [], detail: '2026-11-23T06:00:00.000Z' }, 'Starts no earlier than 06:00'],
  [
    { code: 'cannot_call_back', boxes: ['a'], detail: 'http://10.0.0.1/health: timed out' },
    'Cannot reach Stout: http://10.0.0.1/health: timed out',
  ],
  [{ code: 'held', boxes: [] }, 'Held: waits to be released'],
] as const)('%j', (reason, text) => expect(waitText({ ...reason, boxes: [...reason.boxes] }, clock)).toBe(text))

test('every code has words of its own, with and without a detail', () => {
  for (const code of WAIT_CODES) {
    for (const detail of [undefined, 'x']) {
      const text = waitText({ code, boxes: ['a'], ...(detail && { detail }) }, clock)
      expect(text).toMatch(/^[A-Z].+[^ ]$/)
      expect(text).not.toMatch(/undefined|_/)
    }
  }
  expect(new Set(WAIT_CODES.map((code) => waitText({ code, boxes: ['a'] }, clock))).size).toBe(WAIT_CODES.length)
})

test('many boxes are counted, not listed', () => {
  expect(boxNames(['a', 'b', 'c', 'd'])).toBe('a, b, c, d')
  expect(boxNames(['a', 'b', 'c', 'd', 'e', 'f'])).toBe('a, b, c, d and 2 more')
})

test('a summary names boxes and reasons', () => {
  const reasons = [
    { code: 'box_offline' as const, boxes: ['a', 'b'] },
    { code: 'held' as const, boxes: [], detail: 'approval' },
  ]
  expect(waitSummary(reasons, clock)).toBe('a, b: Offline · Held: approval')
})

test.each([
  ['any', 'any box'],
  ['box:bench-1', 'box bench-1'],
  ['group:radio: two', 'group radio: two'],
])('jobs of %s wait for %s', (key, text) => expect(queueText(key)).toBe(text))
