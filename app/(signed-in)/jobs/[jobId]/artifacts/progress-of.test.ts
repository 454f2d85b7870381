import { expect, test } from 'vitest'
import { progressOf, progressText } from './progress-of'

type State = 'uploading' | 'uploaded' | 'skipped' | 'failed'
const file = (state: State, sizeBytes: number | null, sentBytes = 0) => ({ state, sizeBytes, sentBytes })
const NONE = { uploading: 0, uploaded: 0, skipped: 0, failed: 0 }

test.each([
  { counts: {}, totalBytes: 0, listed: [], text: '' },
  { counts: { uploaded: 1 }, totalBytes: 1_000, listed: [file('uploaded', 1_000)], text: '1 file, 1 kB' },
  {
    counts: { uploaded: 1, uploading: 2 },
    totalBytes: 1_000,
    listed: [file('uploaded', 1_000), file('uploading', 3_000, 500), file('uploading', 1_000)],
    text: '1 of 3 files, 1.5 kB of 5 kB',
  },
  {
    counts: { uploaded: 700, uploading: 100 },
    totalBytes: 9e9,
    listed: [file('uploaded', 1_000), file('uploading', 3_000, 500)],
    text: '700 of 800 files',
  },
  { counts: { uploaded: 900 }, totalBytes: 9e9, listed: [file('uploaded', 1_000)], text: '900 files, 9 GB' },
  {
    counts: { uploaded: 1, skipped: 2, failed: 1 },
    totalBytes: 10,
    listed: [file('uploaded', 10), file('skipped', 5e9), file('skipped', null), file('failed', 7)],
    text: '1 file, 10 B; 2 left out; 1 not kept',
  },
  { counts: { failed: 1 }, totalBytes: 0, listed: [file('failed', 7)], text: '1 not kept' },
])('tells: $text', ({ counts, totalBytes, listed, text }) => {
  expect(progressText(progressOf({ counts: { ...NONE, ...counts }, totalBytes }, listed))).toBe(text)
})

test('a file that grew while it was sent does not count for more than it is', () => {
  const sums = { counts: { ...NONE, uploading: 1 }, totalBytes: 0 }
  expect(progressOf(sums, [file('uploading', 100, 900)])).toMatchObject({ done: 100, all: 100 })
})
