'use client'

import type { JobView } from '../../../../core/jobs/job-view'
import { jobCan } from '../../../../core/jobs/state'
import { useHydrated } from '../../../ui/clock'
import { formatInstant } from '../../../ui/format'
import { boxNames, waitText } from '../wait-texts'

/** Why the job waits for a box, by reason and box. */
export function WaitReasons({ job }: { job: JobView }) {
  const zone = useHydrated() ? 'local' : 'UTC'
  if (!jobCan('place', job.state)) return null
  return (
    <section aria-labelledby="wait-reasons" className="rounded-md border border-warn/40 bg-warn-tint px-3 py-2">
      <h2 id="wait-reasons" className="font-semibold">
        Waiting for a box
      </h2>
      {job.waitReasons.length === 0 ? (
        <p className="text-muted">It has not been looked at yet.</p>
      ) : (
        <ul className="mt-1 flex flex-col gap-0.5">
          {job.waitReasons.map((reason) => (
            <li key={`${reason.code} ${reason.detail}`} className="wrap-anywhere">
              {waitText(reason, (at) => formatInstant(at, zone))}
              {reason.boxes.length > 0 && (
                <span className="text-muted" title={reason.boxes.join(', ')}>
                  {' '}
                  – {boxNames(reason.boxes)}
                </span>
              )}
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}
