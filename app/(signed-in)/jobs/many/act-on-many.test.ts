import { expect, test } from 'vitest'
import { actOnMany, type Outcome, outcomesText } from './act-on-many'

const jobs = Array.from({ length: 10 }, (_, n) => ({ id: `job_${n}`, name: `Job ${n}` }))

test('each job is tried once, a few at a time, and a refusal is told and stops no other', async () => {
  const outcomes: Outcome[] = jobs.map(() => ({ state: 'waiting' }))
  let atOnce = 0
  let most = 0
  const tried: string[] = []
  const act = async ({ id }: { id: string }) => {
    tried.push(id)
    most = Math.max(most, ++atOnce)
    await new Promise((done) => setImmediate(done))
    atOnce--
    if (id === 'job_3') throw new Error('Job is over.')
    return { jobId: `${id}x` }
  }
  await actOnMany(jobs, act, (index, outcome) => {
    outcomes[index] = outcome
  })
  expect(tried.toSorted()).toEqual(jobs.map(({ id }) => id))
  expect(most).toBe(4)
  expect(outcomes[3]).toEqual({ state: 'refused', why: 'Job is over.' })
  expect(outcomes[9]).toEqual({ state: 'done', jobId: 'job_9x' })
  expect(outcomesText(outcomes)).toBe('9 done, 1 refused')
})

test('how it goes is said in one line', () => {
  expect(outcomesText([{ state: 'busy' }, { state: 'waiting' }, { state: 'done' }])).toBe('1 done, 2 to go')
})
