import { describe, expect, test } from 'vitest'
import { formatBytes, formatCountOf, formatDuration, formatInstant, formatRelative, formatTicking } from './format'

const NOW = Date.parse('2026-11-23T12:00:00.000Z')
const ago = (ms: number) => new Date(NOW - ms).toISOString()

describe('durations', () => {
  test.each([
    [-5, '0 s'],
    [0, '0 s'],
    [40, '0.04 s'],
    [999, '1 s'],
    [1_500, '1.5 s'],
    [9_990, '10 s'],
    [12_900, '12 s'],
    [60_000, '1 min'],
    [185_000, '3 min 5 s'],
    [3_600_000, '1 h'],
    [7_500_000, '2 h 5 min'],
    [86_400_000, '1 d'],
    [100_800_000, '1 d 4 h'],
  ])('%i ms reads %s', (ms, text) => expect(formatDuration(ms)).toBe(text))

  test('a ticking duration shows no fractions', () => expect(formatTicking(1_900)).toBe('1 s'))
})

describe('relative times', () => {
  test.each([
    [0, 'just now'],
    [2_999, 'just now'],
    [-2_000, 'just now'],
    [12_000, '12 s ago'],
    [59_999, '59 s ago'],
    [60_000, '1 min ago'],
    [3_600_000, '1 h ago'],
    [-200_000, 'in 3 min'],
    [5 * 86_400_000, '5 d ago'],
    [40 * 86_400_000, '2026-10-14'],
  ])('%i ms ago reads %s', (ms, text) => expect(formatRelative(ago(ms), NOW)).toBe(text))
})

test('an absolute time names its zone', () => {
  expect(formatInstant('2026-11-23T12:00:05.000Z', 'UTC')).toBe('23 Nov 2026, 12:00:05 UTC')
})

test('counts and sizes', () => {
  expect(formatCountOf(1, 'line')).toBe('1 line')
  expect(formatCountOf(1_234_567, 'line')).toBe('1,234,567 lines')
  expect([999, 1_000, 1_250_000, 2_000_000_000].map(formatBytes)).toEqual(['999 B', '1 kB', '1.3 MB', '2 GB'])
})
