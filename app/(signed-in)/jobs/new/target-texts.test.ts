import { expect, test } from 'vitest'
import { boxStandings, targetSummary } from './target-texts'

const NOTHING = { boxes: 0, free: [], later: [], unfit: [], nothing: null }
const busy = (...boxes: string[]) => [{ code: 'box_leased' as const, boxes }]
const other = (...boxes: string[]) => [{ code: 'label_mismatch' as const, detail: 'dut=nrf', boxes }]

test.each([
  [{ ...NOTHING, boxes: 4, free: ['a'], later: busy('b', 'c'), unfit: other('d') }, '3 of 4 boxes fit; 1 is free now.'],
  [{ ...NOTHING, boxes: 2, later: busy('b'), unfit: other('d') }, '1 of 2 boxes fits; none is free now.'],
  [{ ...NOTHING, boxes: 2, free: ['a', 'b'] }, '2 of 2 boxes fit; 2 are free now.'],
  [{ ...NOTHING, boxes: 2, unfit: other('a', 'b') }, 'None of 2 boxes fits.'],
  [{ ...NOTHING, boxes: 1, free: ['a'] }, 'The box fits and is free now.'],
  [{ ...NOTHING, boxes: 1, later: busy('a') }, 'The box fits, but is not free now.'],
  [{ ...NOTHING, boxes: 1, unfit: other('a') }, 'The box does not fit.'],
  [{ ...NOTHING, nothing: { code: 'no_free_box' as const, boxes: [] } }, 'The organisation has no boxes.'],
  [
    { ...NOTHING, nothing: { code: 'no_such_target' as const, boxes: [] } },
    'There is no such box, or its group is empty.',
  ],
])('%j is told as %s', (view, text) => expect(targetSummary(view)).toBe(text))

test('each box stands once, by name, with why a job would wait for it', () => {
  const view = { ...NOTHING, boxes: 3, free: ['b'], later: busy('c'), unfit: other('a') }
  expect(boxStandings(view, String)).toEqual([
    { name: 'a', kind: 'unfit', why: 'Not labelled dut=nrf' },
    { name: 'b', kind: 'free', why: 'Free now' },
    { name: 'c', kind: 'later', why: 'Busy with other jobs' },
  ])
})
