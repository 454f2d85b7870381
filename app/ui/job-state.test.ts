import { createElement } from 'react'
import { renderToStaticMarkup } from 'react-dom/server'
import { expect, test } from 'vitest'
import { FAILURE_CLASSES, type FailureClass, JOB_STATES, type JobState, TERMINAL_STATES } from '../../core/jobs/state'
import { CLASSES } from '../(signed-in)/jobs/[jobId]/job-verdict'
import { eventText } from '../(signed-in)/jobs/event-texts'
import { JobStateLabel } from './job-state'

/** What a reader sees of a state: its words, its colour and its shape. */
function seen(state: JobState, failureClass: FailureClass | null = null) {
  const html = renderToStaticMarkup(createElement(JobStateLabel, { state, failureClass }))
  const [, colour] = /\b(text-\w+)/.exec(html) ?? []
  const [, shape] = /<svg[^>]*>(.*)<\/svg>/.exec(html) ?? []
  return { words: html.replaceAll(/<[^>]+>/g, ''), colour, shape }
}
const distinct = (values: unknown[]) => expect(new Set(values).size).toBe(values.length)

test('each end of a job has words, a colour and a shape of its own', () => {
  const ends = TERMINAL_STATES.map((state) => seen(state))
  for (const what of ['words', 'colour', 'shape'] as const) distinct(ends.map((end) => end[what]))
  distinct(JOB_STATES.map((state) => seen(state).words))
  distinct(JOB_STATES.map((state) => seen(state).shape))
})

test('each way to fail is told in words of its own: beside the state, in the timeline, and in the verdict', () => {
  expect(seen('failed', 'box_lost').words).toBe('failed: box lost')
  distinct(FAILURE_CLASSES.map((one) => seen('failed', one).words))
  distinct(FAILURE_CLASSES.map((failureClass) => eventText({ type: 'fail', attempt: 1, data: { failureClass } }).title))
  distinct(FAILURE_CLASSES.map((one) => CLASSES[one]))
})

test('each event that ends a job has a title of its own', () => {
  const types = ['complete', 'fail', 'cancel', 'expire', 'give_up']
  distinct(types.map((type) => eventText({ type, attempt: null, data: {} }).title))
})
