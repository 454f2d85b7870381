import Link from 'next/link'
import type { JobState } from '../../../core/jobs/state'
import { classes } from '../../ui/classes'
import { jobStateText } from '../../ui/job-state'
import { jobsPath, STATE_FILTERS } from './state-filter'

/** Links that narrow the list. A set of states from the address that no link has gets one of its own. */
export function StateFilterNav({ states }: { states: readonly JobState[] }) {
  const isHere = (filter: { states: readonly JobState[] }) => filter.states.join() === states.join()
  const filters = STATE_FILTERS.some(isHere)
    ? STATE_FILTERS
    : [...STATE_FILTERS, { label: states.map(jobStateText).join(', '), states }]
  return (
    <nav aria-label="State" className="-mx-4 overflow-x-auto px-4 sm:mx-0 sm:px-0">
      <ul className="flex gap-1 py-0.5 sm:flex-wrap">
        {filters.map((filter) => (
          <li key={filter.label}>
            <Link
              href={jobsPath(filter.states)}
              prefetch={false}
              {...(isHere(filter) && { 'aria-current': 'page' })}
              className={classes(
                'block rounded-full border px-3 py-1 text-[0.8125rem] whitespace-nowrap hover:no-underline',
                isHere(filter)
                  ? 'border-accent bg-accent/10 font-medium text-ink'
                  : 'border-line bg-surface text-muted hover:text-ink',
              )}
            >
              {filter.label}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  )
}
