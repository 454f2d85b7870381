'use client'

import { useSuspenseQuery } from '@tanstack/react-query'
import type { JobView } from '../../../core/jobs/job-view'
import { ON_BOX_STATES, TERMINAL_STATES } from '../../../core/jobs/state'
import { failureOf } from '../../data/failure'
import { useTRPC } from '../../data/trpc'
import { useLiveQueries } from '../../live/use-live'
import { buttonClasses } from '../../ui/button'
import { Empty } from '../../ui/empty'
import { Link } from '../../ui/link'
import { Notice } from '../../ui/notice'
import { Panel } from '../../ui/panel'
import { JobsTable } from '../jobs/jobs-table'
import { jobsPath, NO_FILTER } from '../jobs/list-filter'
import { FleetTiles } from './fleet-tiles'
import { QueueTable } from './queue-table'

/** How fleet and jobs stand, at one look; read again whenever a job or a box moves. */
export function Overview() {
  const trpc = useTRPC()
  const { data, error } = useSuspenseQuery(trpc.overview.get.queryOptions())
  const query = trpc.overview.get.queryFilter()
  useLiveQueries('jobs', [query])
  useLiveQueries('boxes', [query])
  return (
    <>
      {error && (
        <Notice tone="warn" title="Not up to date.">
          {failureOf(error).message}
        </Notice>
      )}
      <FleetTiles overview={data} />
      <div className="grid items-start gap-4 xl:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
        <Panel title="Running" actions={<All states={ON_BOX_STATES} what="running" />}>
          <Jobs jobs={data.running} none="Nothing runs." />
        </Panel>
        <Panel title="Queue">
          <QueueTable queue={data.queue} keys={data.queueKeys} />
        </Panel>
      </div>
      <Panel title="Latest ends" actions={<All states={TERMINAL_STATES} what="ended" />}>
        <Jobs jobs={data.ended} none="No job has ended yet." />
      </Panel>
    </>
  )
}

function Jobs({ jobs, none }: { jobs: readonly JobView[]; none: string }) {
  return jobs.length > 0 ? <JobsTable jobs={jobs} /> : <Empty title={none} />
}

function All({ states, what }: { states: readonly JobView['state'][]; what: string }) {
  return (
    <Link
      href={jobsPath({ ...NO_FILTER, state: [...states] })}
      className={`${buttonClasses('quiet', 'small')} ml-auto`}
    >
      All {what}
    </Link>
  )
}
