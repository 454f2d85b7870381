import type { JobView } from '../../../core/jobs/job-view'

export type WaitReason = JobView['waitReasons'][number]

/** Why a job waits, in plain words; the names of the boxes follow it. `detail` is what the reason speaks of. */
const TEXTS: Record<WaitReason['code'], (detail: string) => string> = {
  no_free_box: () => 'Fits, but went to jobs before it',
  box_offline: () => 'Offline',
  box_leased: () => 'Busy with other jobs',
  box_locked_outside: (holder) => `Locked outside of Stout by ${holder || 'somebody'}`,
  box_resting: (until) => `Refused this job and rests ${until || 'for a while'}`,
  box_draining: () => 'Draining: takes no new jobs',
  missing_net: (net) => `Lacks nets: needs ${net || 'a type it has not'}`,
  label_mismatch: (label) => `Not labelled ${label || 'as required'}`,
  identity_mismatch: () => 'Another box answered at its address',
  no_such_target: () => 'There is no such box, or its group is empty',
  cannot_call_back: (why) => `Cannot reach Stout${why && `: ${why}`}`,
  no_access: () => 'You may not use it',
  not_before: (at) => `Starts no earlier than ${at || 'planned'}`,
  held: (why) => `Held: ${why || 'waits to be released'}`,
}

/**
 * One reason as a sentence's beginning.
 * @param clock how to write an instant, where the detail has one
 */
export function waitText({ code, detail = '', boxes }: WaitReason, clock: (at: string) => string): string {
  if (code === 'no_free_box' && boxes.length === 0) return 'The organisation has no boxes'
  const told = detail.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/, clock)
  return TEXTS[code](told)
}

/** What jobs of a queue key wait for: `any box`, `box bench-1`, `group radio`. */
export function queueText(queueKey: string): string {
  return queueKey === 'any' ? 'any box' : queueKey.replace(':', ' ')
}

const SHOWN = 4

/** Names of boxes, the first few and how many more: `alpha, beta and 7 more`. */
export function boxNames(boxes: readonly string[]): string {
  if (boxes.length <= SHOWN) return boxes.join(', ')
  return `${boxes.slice(0, SHOWN).join(', ')} and ${boxes.length - SHOWN} more`
}

/** All reasons in one line, for lists. */
export function waitSummary(reasons: readonly WaitReason[], clock: (at: string) => string): string {
  return reasons
    .map((reason) => (reason.boxes.length > 0 ? `${boxNames(reason.boxes)}: ` : '') + waitText(reason, clock))
    .join(' · ')
}
