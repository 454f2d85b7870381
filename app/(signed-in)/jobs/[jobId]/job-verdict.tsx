import type { JobView } from '../../../../core/jobs/job-view'
import { isTerminal } from '../../../../core/jobs/state'
import { Notice } from '../../../ui/notice'

/** What it means that a job has failed like this. */
export const CLASSES: Record<NonNullable<JobView['failureClass']>, string> = {
  script: 'The script failed.',
  dispatch: 'No box started it.',
  box_lost: 'The box was lost.',
  artifacts: 'Its files could not be kept.',
  internal: 'Stout failed.',
}

/** How the job ended, where there is more to say than its state; and that its box is still busy with it. */
export function JobVerdict({ job }: { job: JobView }) {
  const { state, error, failureClass, attempt, attemptPhase, boxName } = job
  const drains = isTerminal(state) && attempt > 0 && attemptPhase !== 'closed'
  return (
    <>
      {error !== null && (
        <Notice tone={state === 'cancelled' ? 'info' : 'bad'} {...(failureClass && { title: CLASSES[failureClass] })}>
          {error}
        </Notice>
      )}
      {drains && (
        <Notice>
          The job is over, but its script may still be at work on {boxName ?? 'the box'}: lines can still come, and the
          box is free once it is quiet.
        </Notice>
      )}
    </>
  )
}
