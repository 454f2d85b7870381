import type { Route } from 'next'
import type { Overview } from '../../../core/overview/get-overview'
import { classes } from '../../ui/classes'
import { formatCount } from '../../ui/format'
import { Link } from '../../ui/link'
import { jobsPath, NO_FILTER } from '../jobs/list-filter'
import { countIn, fleetNotes } from './overview-texts'

/** The fleet and the load on it in four numbers, each the way to what it counts. */
export function FleetTiles({ overview }: { overview: Overview }) {
  const { fleet } = overview
  const { notes, isBad } = fleetNotes(fleet)
  const waiting = countIn(overview, ['queued', 'waiting_for_box'])
  const running = countIn(overview, ['dispatching', 'running', 'uploading_artifacts'])
  return (
    <ul aria-label="Fleet" className="grid gap-3 sm:grid-cols-2 lg:grid-cols-4">
      <Tile
        name="Boxes online"
        value={`${formatCount(fleet.online)} of ${formatCount(fleet.boxes)}`}
        href="/boxes"
        bad={isBad}
      >
        {notes.join(', ') || (fleet.boxes === 0 ? 'Add the first box.' : 'All of them answer.')}
      </Tile>
      <Tile
        name="Slots in use"
        value={`${formatCount(fleet.takenSlots)} of ${formatCount(fleet.slots)}`}
        share={fleet.slots === 0 ? 0 : fleet.takenSlots / fleet.slots}
        href="/boxes"
      >
        {formatCount(Math.max(0, fleet.slots - fleet.takenSlots))} free
      </Tile>
      <Tile
        name="Jobs running"
        value={formatCount(running)}
        href={jobsPath({ ...NO_FILTER, state: ['dispatching', 'running', 'uploading_artifacts'] })}
      >
        {running === 0 ? 'The benches are quiet.' : 'on their way, running or uploading'}
      </Tile>
      <Tile
        name="Jobs waiting"
        value={formatCount(waiting)}
        href={jobsPath({ ...NO_FILTER, state: ['queued', 'waiting_for_box'] })}
      >
        {waiting === 0
          ? 'Nobody waits.'
          : `under ${formatCount(overview.queueKeys)} queue ${overview.queueKeys === 1 ? 'key' : 'keys'}`}
      </Tile>
    </ul>
  )
}

function Tile({
  name,
  value,
  href,
  share,
  bad = false,
  children,
}: {
  name: string
  value: string
  href: Route
  /** Drawn as a bar, from 0 to 1. */
  share?: number
  bad?: boolean
  children: React.ReactNode
}) {
  return (
    <li
      className={classes(
        'relative flex flex-col gap-0.5 rounded-lg border bg-surface px-4 py-3 focus-within:border-accent hover:border-line-strong',
        bad ? 'border-bad/50' : 'border-line',
      )}
    >
      <Link href={href} className="text-xs text-muted after:absolute after:inset-0 after:rounded-lg">
        {name}
      </Link>
      <span className="text-2xl font-semibold tracking-tight">{value}</span>
      <span className={classes('text-xs', bad ? 'text-bad' : 'text-muted')}>{children}</span>
      {share !== undefined && (
        <span aria-hidden="true" className="mt-1 block h-1.5 overflow-hidden rounded-full bg-sunken">
          <span className="block h-full bg-accent" style={{ width: `${Math.min(1, share) * 100}%` }} />
        </span>
      )}
    </li>
  )
}
