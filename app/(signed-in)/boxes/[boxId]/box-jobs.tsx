'use client'

import { useSuspenseQuery } from '@tanstack/react-query'
import type { BoxId } from '../../../../core/ids'
import { useTRPC } from '../../../data/trpc'
import { JobsTable } from '../../jobs/jobs-table'
import { RECENT_JOBS } from './page-sizes'

/** The newest jobs that were given to the box. */
export function BoxJobs({ boxId }: { boxId: BoxId }) {
  const trpc = useTRPC()
  const { items } = useSuspenseQuery(trpc.jobs.list.queryOptions({ boxId, limit: RECENT_JOBS })).data
  return items.length > 0 ? <JobsTable jobs={items} /> : <p className="px-4 py-3 text-muted">No job ran here yet.</p>
}
