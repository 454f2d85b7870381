import { expect, test } from 'vitest'
import { TRANSITIONS } from '../../../core/jobs/state'
import { actorText, eventText } from './event-texts'

const event = (type: string, data: Record<string, unknown> = {}, attempt: number | null = 1) => ({
  type,
  data,
  attempt,
})

test.each([
  [event('submitted', { name: 'x' }), { title: 'Submitted' }],
  [event('place', { boxId: 'box_1', slot: 0 }), { title: 'Placed on bench-1' }],
  [event('place', {}, 3), { title: 'Placed on bench-1', detail: 'attempt 3' }],
  [event('start', { box: 'bench-2' }), { title: 'Started on bench-2' }],
  [event('return', { detail: 'locked by ada' }), { title: 'Came back to the queue', detail: 'locked by ada' }],
  [
    event('exit', { exitCode: 0, signal: null, durationMs: 1_200 }),
    { title: 'Script exited with code 0', detail: 'after 1.2 s' },
  ],
  [event('attempt_exited', { exitCode: null, signal: 'SIGTERM' }), { title: 'Script ended by SIGTERM' }],
  [event('exit', { exitCode: null, signal: null }), { title: 'Script could not be started' }],
  [event('dependencies_installing'), { title: 'Installs dependencies' }],
  [
    event('dependencies_installed', { durationMs: 3_200, cached: false }),
    { title: 'Dependencies installed', detail: 'after 3.2 s' },
  ],
  [
    event('dependencies_installed', { durationMs: 150, cached: true }),
    { title: 'Dependencies were there from an earlier job', detail: 'after 0.15 s' },
  ],
  [
    event('dependencies_failed', { durationMs: 900, error: 'this box does not reach the package index' }),
    { title: 'Dependencies could not be installed', detail: 'this box does not reach the package index' },
  ],
  [event('cancel', { reason: '' }), { title: 'Cancelled' }],
  [event('cancel', { reason: 'wrong firmware' }), { title: 'Cancelled', detail: 'wrong firmware' }],
  [
    event('attempt_closed', { by: 'done', lines: 1, leftovers: [] }),
    { title: 'Box is quiet and free again', detail: '1 line' },
  ],
  [
    event('attempt_closed', { by: 'done', lines: 2, leftovers: ['sleep'] }),
    { title: 'Box is quiet and free again', detail: '2 lines; ended what was left: sleep' },
  ],
  [
    event('attempt_closed', { by: 'done', lines: 2, leftovers: [], artifacts: { uploaded: 3, skipped: 1, failed: 2 } }),
    { title: 'Box is quiet and free again', detail: '2 lines; 3 artifacts, 1 left out, 2 not kept' },
  ],
  [
    event('attempt_closed', { by: 'done', lines: 2, artifacts: { uploaded: 0, skipped: 0, failed: 0 } }),
    { title: 'Box is quiet and free again', detail: '2 lines' },
  ],
  [
    event('attempt_closed', { by: 'reaped', verdict: 'the supervisor is gone' }),
    { title: 'Box was looked after and is free again', detail: 'the supervisor is gone' },
  ],
  [
    event('attempt_closed', { by: 'released', reason: 'the bench is unplugged' }),
    { title: 'Box was released by hand', detail: 'the bench is unplugged' },
  ],
  [event('deadline_moved'), { title: 'Deadline moved' }],
])('%j', (happened, text) => expect(eventText(happened, 'bench-1')).toEqual(text))

test('a rerun leads to the other job, from both ends', () => {
  const told = { attempt: null, data: { jobId: 'job_2', name: 'soak' } }
  expect(eventText({ type: 'rerun', ...told })).toEqual({ title: 'Run again', detail: 'soak', jobId: 'job_2' })
  const data = { rerunOf: 'job_1' }
  expect(eventText({ type: 'submitted', attempt: null, data })).toMatchObject({ detail: 'as a rerun', jobId: 'job_1' })
  expect(eventText({ type: 'submitted', attempt: null, data: {} })).toEqual({ title: 'Submitted' })
})

test('every transition has words of its own', () => {
  const titles = Object.keys(TRANSITIONS).map((type) => eventText(event(type)).title)
  expect(new Set(titles).size).toBe(titles.length)
})

test.each([
  ['user:user_1', 'Ada', 'Ada'],
  ['user:user_1', null, 'a former user'],
  ['token:tok_1', 'ci', 'token ci'],
  ['box:box_1', 'bench-1', 'bench-1'],
  ['sweep:queue_limit', null, 'queue timeout'],
  ['sweep:new_one', null, 'new one'],
  ['placement', null, 'placement'],
])('%s (%s) reads %s', (actor, actorName, text) => expect(actorText({ actor, actorName })).toBe(text))
