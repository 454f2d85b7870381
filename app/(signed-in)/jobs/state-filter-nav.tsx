import { classes } from '../../ui/classes'
import { jobStateText } from '../../ui/job-state'
import { Link } from '../../ui/link'
import { jobsPath, type ListFilter } from './list-filter'
import { STATE_FILTERS } from './state-filter'

/** Links that narrow the list to some states; what else it is narrowed to stays. A set of states from the address that no link has gets one of its own. */
export function StateFilterNav({ filter: now }: { filter: ListFilter }) {
  const { state: states } = now
  const isHere = (filter: { states: readonly string[] }) => filter.states.join() === states.join()
  const filters = STATE_FILTERS.some(isHere)
    ? STATE_FILTERS
    : [...STATE_FILTERS, { label: states.map(jobStateText).join(', '), states }]
  return (
    <nav aria-label="State" className="-mx-4 overflow-x-auto px-4 sm:mx-0 sm:px-0">
      <ul className="flex gap-1 py-0.5 sm:flex-wrap">
        {filters.map((filter) => (
          <li key={filter.label}>
            <Link
              href={jobsPath({ ...now, state: [...filter.states] })}
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
