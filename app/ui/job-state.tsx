import type { ReactNode } from 'react'
import type { FailureClass, JobState } from '../../core/jobs/state'
import { classes } from './classes'

/** A state as people read it: the name in code, without its underscores. */
export function jobStateText(state: JobState): string {
  return state.replaceAll('_', ' ')
}

/** How a job has failed, as people read it. */
export function failureText(failureClass: FailureClass): string {
  return failureClass.replaceAll('_', ' ')
}

/** No two ends have the same colour. */
const TONES: Record<JobState, string> = {
  queued: 'text-muted',
  waiting_for_box: 'text-warn',
  dispatching: 'text-busy',
  running: 'text-busy',
  uploading_artifacts: 'text-busy',
  completed: 'text-good',
  failed: 'text-bad',
  cancelled: 'text-muted',
  timed_out: 'text-late',
  no_suitable_box: 'text-warn',
}

const CIRCLE = <circle cx="8" cy="8" r="6.25" />
const CLOCK = <path d="M8 4.5V8l2.25 1.5" />

/** Each state has a shape of its own, so that none is told by colour alone. */
const SHAPES: Record<JobState, ReactNode> = {
  queued: <circle cx="8" cy="8" r="6.25" strokeDasharray="2.2 2.7" />,
  waiting_for_box: (
    <>
      {CIRCLE}
      {CLOCK}
    </>
  ),
  dispatching: <path d="M2 8h9.500M8 4l4 4-4 4" />,
  running: (
    <>
      <circle cx="8" cy="8" r="6.25" opacity="0.3" />
      <path d="M8 1.750A6.250 6.250 0 0 1 14.250 8" className="origin-center animate-spin" />
      <circle cx="8" cy="8" r="1.75" fill="currentColor" stroke="none" />
    </>
  ),
  uploading_artifacts: <path d="M8 10.500V2.500M4.750 5.500 8 2.250l3.250 3.250M2.500 10.500v3h11v-3" />,
  completed: (
    <>
      {CIRCLE}
      <path d="m5.250 8.250 2 2 3.500-4" />
    </>
  ),
  failed: (
    <>
      {CIRCLE}
      <path d="m5.750 5.750 4.500 4.500m0-4.500-4.500 4.500" />
    </>
  ),
  cancelled: (
    <>
      {CIRCLE}
      <path d="m3.750 12.250 8.500-8.500" />
    </>
  ),
  timed_out: (
    <>
      <path d="M3.500 1.750h9M3.500 14.250h9M4.500 1.750c0 3.500 3.500 4 3.500 6.250s-3.500 2.750-3.500 6.250m7-12.500C11.500 5.250 8 5.750 8 8s3.500 2.750 3.500 6.250" />
    </>
  ),
  no_suitable_box: (
    <>
      {CIRCLE}
      <path d="M5 8h6" />
    </>
  ),
}

/** A job's state as icon and text; of one that failed also how, where that is told. */
export function JobStateLabel({
  state,
  failureClass,
  className,
}: {
  state: JobState
  failureClass?: FailureClass | null
  className?: string
}) {
  return (
    <span
      className={classes('inline-flex items-center gap-1.5 font-medium whitespace-nowrap', TONES[state], className)}
    >
      <svg
        aria-hidden="true"
        viewBox="0 0 16 16"
        className="size-3.5 shrink-0"
        fill="none"
        stroke="currentColor"
        strokeWidth="1.5"
        strokeLinecap="round"
        strokeLinejoin="round"
      >
        {SHAPES[state]}
      </svg>
      {jobStateText(state)}
      {failureClass && `: ${failureText(failureClass)}`}
    </span>
  )
}
