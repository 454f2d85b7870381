/**
 * The job state machine. Pure data: the browser imports it too. Only core/jobs/transition.ts writes jobs.state.
 *
 *   queued → waiting_for_box → dispatching → running → uploading_artifacts → completed
 *   and failed · cancelled · timed_out · no_suitable_box
 */
export const JOB_STATES = [
  'queued',
  'waiting_for_box',
  'dispatching',
  'running',
  'uploading_artifacts',
  'completed',
  'failed',
  'cancelled',
  'timed_out',
  'no_suitable_box',
] as const
export type JobState = (typeof JOB_STATES)[number]

export const WAITING_STATES = ['queued', 'waiting_for_box'] as const satisfies JobState[]
export const ON_BOX_STATES = ['dispatching', 'running', 'uploading_artifacts'] as const satisfies JobState[]
export const TERMINAL_STATES = [
  'completed',
  'failed',
  'cancelled',
  'timed_out',
  'no_suitable_box',
] as const satisfies JobState[]

export const TRANSITIONS = {
  /** A placement pass looked at it and left it. */
  wait: { from: ['queued'], to: 'waiting_for_box' },
  /** A box is leased; a new attempt. */
  place: { from: WAITING_STATES, to: 'dispatching' },
  /** The box refused, or nobody claimed the attempt in time. */
  return: { from: ['dispatching'], to: 'waiting_for_box' },
  /** By the job's policy. */
  retry: { from: ON_BOX_STATES, to: 'waiting_for_box' },
  /** A supervisor claimed the attempt. */
  start: { from: ['dispatching'], to: 'running' },
  exit: { from: ['running'], to: 'uploading_artifacts' },
  complete: { from: ['uploading_artifacts'], to: 'completed' },
  fail: { from: ON_BOX_STATES, to: 'failed' },
  expire: { from: ['running'], to: 'timed_out' },
  cancel: { from: [...WAITING_STATES, ...ON_BOX_STATES], to: 'cancelled' },
  give_up: { from: WAITING_STATES, to: 'no_suitable_box' },
} as const satisfies Record<string, { from: readonly JobState[]; to: JobState }>
export type JobEventType = keyof typeof TRANSITIONS

export const FAILURE_CLASSES = ['script', 'dispatch', 'box_lost', 'artifacts', 'internal'] as const
export type FailureClass = (typeof FAILURE_CLASSES)[number]

/** True if `type` may happen to a job in `state`. The UI disables buttons with this. */
export function jobCan(type: JobEventType, state: JobState): boolean {
  return (TRANSITIONS[type].from as readonly JobState[]).includes(state)
}

/** True if nothing will happen to a job in `state` any more. Its last attempt may still drain. */
export function isTerminal(state: JobState): boolean {
  return (TERMINAL_STATES as readonly JobState[]).includes(state)
}
