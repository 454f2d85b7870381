import { cancelJob } from '../jobs/cancel-job'
import { extendJob } from '../jobs/extend-job'
import { rerunJob } from '../jobs/rerun-job'
import type { Situation, Where } from './situations'

/** What people do to a job. */
export const VERBS = {
  cancel: ({ ctx, ref }, actor = ctx.actor) => cancelJob({ ...ctx, actor }, ref.jobId, 'enough'),
  rerun: ({ ctx, ref }, actor = ctx.actor) => rerunJob({ ...ctx, actor }, ref.jobId, { secrets: { PIN: 'hunter3!' } }),
  extend: ({ ctx, ref }, actor = ctx.actor) => extendJob({ ...ctx, actor }, ref.jobId, 500),
} satisfies Record<string, (s: Situation, actor?: string) => Promise<unknown>>
export type Verb = keyof typeof VERBS
export const VERB_NAMES = Object.keys(VERBS) as Verb[]

/** `refused`: 409. Otherwise the types of the events that the verb adds to the job; '' when it changes nothing. */
type Answer = string

/** What each verb is answered in each state. */
export const ANSWERS: Record<Where, Record<Verb, Answer>> = {
  queued: { cancel: 'cancel', rerun: 'refused', extend: 'timeout_changed' },
  waiting_for_box: { cancel: 'cancel', rerun: 'refused', extend: 'timeout_changed' },
  dispatching: { cancel: 'cancel attempt_closed', rerun: 'refused', extend: 'timeout_changed' },
  running: { cancel: 'cancel', rerun: 'refused', extend: 'timeout_changed' },
  uploading_artifacts: { cancel: 'cancel', rerun: 'refused', extend: 'refused' },
  completed: { cancel: 'refused', rerun: 'rerun', extend: 'refused' },
  failed: { cancel: 'refused', rerun: 'rerun', extend: 'refused' },
  'failed, drains': { cancel: 'refused', rerun: 'rerun', extend: 'refused' },
  cancelled: { cancel: '', rerun: 'rerun', extend: 'refused' },
  'cancelled, drains': { cancel: '', rerun: 'rerun', extend: 'refused' },
  'cancelled, has exited': { cancel: '', rerun: 'rerun', extend: 'refused' },
  timed_out: { cancel: 'refused', rerun: 'rerun', extend: 'refused' },
  'timed_out, has exited': { cancel: 'refused', rerun: 'rerun', extend: 'refused' },
  no_suitable_box: { cancel: 'refused', rerun: 'rerun', extend: 'refused' },
}

/** What an answer means for the caller. */
export const said = (answer: Answer) => (answer === 'refused' ? 'conflict' : 'ok')
/** The events that an answer adds. */
export const added = (answer: Answer) => (answer === 'refused' ? [] : answer.split(' ').filter(Boolean))
