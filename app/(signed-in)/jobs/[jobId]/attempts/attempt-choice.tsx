import type { JobView } from '../../../../../core/jobs/job-view'

/** A choice between the attempts of a job, where it had more than one. `null` is chosen for the current one, whichever it is. */
export function AttemptChoice({
  job,
  attempt,
  onChoose,
}: {
  job: JobView
  attempt: number
  onChoose: (attempt: number | null) => void
}) {
  if (job.attempt <= 1) return null
  return (
    <label className="flex items-center gap-1.5 text-xs">
      Attempt
      <select
        value={attempt}
        onChange={(event) => {
          const picked = Number(event.target.value)
          onChoose(picked === job.attempt ? null : picked)
        }}
        className="h-7 rounded-md border border-line bg-surface px-1"
      >
        {Array.from({ length: job.attempt }, (_, index) => job.attempt - index).map((number) => (
          <option key={number} value={number}>
            {number}
            {number === job.attempt ? ' (current)' : ''}
          </option>
        ))}
      </select>
    </label>
  )
}
