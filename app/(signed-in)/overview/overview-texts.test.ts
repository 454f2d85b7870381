import { expect, test } from 'vitest'
import { countIn, fleetNotes } from './overview-texts'

const FLEET = { boxes: 5, online: 5, offline: 0, unknown: 0, draining: 0, troubled: 0, slots: 5, takenSlots: 0 }

test('a fleet that is well has nothing to say; what is wrong is counted', () => {
  expect(fleetNotes(FLEET)).toEqual({ notes: [], isBad: false })
  expect(fleetNotes({ ...FLEET, draining: 2 })).toEqual({ notes: ['2 draining'], isBad: false })
  expect(fleetNotes({ ...FLEET, offline: 1, troubled: 2, unknown: 3 })).toEqual({
    notes: ['1 offline', '2 kept from jobs', '3 not asked yet'],
    isBad: true,
  })
})

test('jobs are counted over states', () => {
  const live = [
    { state: 'queued' as const, jobs: 2 },
    { state: 'running' as const, jobs: 3 },
  ]
  expect([countIn({ live }, ['queued', 'waiting_for_box']), countIn({ live }, [])]).toEqual([2, 0])
})
