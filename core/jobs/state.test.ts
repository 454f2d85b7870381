import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isTerminal, JOB_STATES, type JobEventType, type JobState, jobCan, TRANSITIONS } from './state'

const types = Object.keys(TRANSITIONS) as JobEventType[]

test('no sequence of events leaves the table, and nothing follows an end', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...types)), (events) => {
      let state: JobState = 'queued'
      for (const type of events) {
        if (!jobCan(type, state)) continue
        expect(isTerminal(state)).toBe(false)
        state = TRANSITIONS[type].to
        expect(JOB_STATES).toContain(state)
      }
    }),
  )
})

test('every state can be reached, and every live state can be cancelled', () => {
  const reachable = new Set<JobState>(['queued'])
  for (let grown = -1; grown !== reachable.size; ) {
    grown = reachable.size
    for (const type of types)
      for (const state of [...reachable]) if (jobCan(type, state)) reachable.add(TRANSITIONS[type].to)
  }
  expect([...reachable].sort()).toEqual([...JOB_STATES].sort())
  for (const state of JOB_STATES) expect(jobCan('cancel', state), state).toBe(!isTerminal(state))
})
