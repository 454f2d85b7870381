'use client'

import { useSuspenseQuery } from '@tanstack/react-query'
import type { AttemptView } from '../../../../../core/attempts/list-attempts'
import type { JobId } from '../../../../../core/ids'
import type { JobView } from '../../../../../core/jobs/job-view'
import { useTRPC } from '../../../../data/trpc'
import { classes } from '../../../../ui/classes'
import { Link } from '../../../../ui/link'
import { boxPath } from '../../../../ui/paths'
import { Duration, RelativeTime } from '../../../../ui/time'
import { endText, phaseText } from './attempt-texts'
import { useAttempt } from './use-attempt'

/** The attempts of a job, newest first: where each ran, when and how long, and why it ended. A click shows what is known of it. */
export function AttemptsPanel({ job }: { job: JobView }) {
  const trpc = useTRPC()
  const { items } = useSuspenseQuery(trpc.jobs.attempts.queryOptions({ jobId: job.id as JobId, limit: 200 })).data
  const [shown, choose] = useAttempt(job)
  return (
    <ol reversed className="divide-y divide-line">
      {items.toReversed().map((attempt) => (
        <li
          key={attempt.attempt}
          aria-current={attempt.attempt === shown ? 'true' : undefined}
          className={classes('px-4 py-2.5 text-[0.8125rem]', attempt.attempt === shown && 'bg-sunken/60')}
        >
          <div className="flex items-baseline justify-between gap-3">
            <button
              type="button"
              onClick={() => choose(attempt.attempt === job.attempt ? null : attempt.attempt)}
              title="Show its log and files"
              className="font-medium text-accent hover:underline"
            >
              Attempt {attempt.attempt}
            </button>
            <span className="shrink-0 text-xs text-muted">
              <HeldFor attempt={attempt} />
            </span>
          </div>
          <p className="wrap-anywhere">
            <Link href={boxPath(attempt.boxId)}>{attempt.boxName}</Link>, {phaseText(attempt)}
          </p>
          {endText(attempt) && <p className="text-xs wrap-anywhere">{endText(attempt)}</p>}
          <p className="text-xs text-muted">
            placed <RelativeTime at={attempt.placedAt} />
            {attempt.claimedAt && (
              <>
                {' '}
                · claimed after <Duration from={attempt.placedAt} to={attempt.claimedAt} />
              </>
            )}
          </p>
        </li>
      ))}
    </ol>
  )
}

/** How long it held its box: from the placement until the box was quiet. */
function HeldFor({ attempt: { placedAt, closedAt } }: { attempt: AttemptView }) {
  return <Duration from={placedAt} to={closedAt} />
}
