'use client'

import { useEffect, useEffectEvent, useState } from 'react'
import type { JobView } from '../../../../core/jobs/job-view'
import { failureOf } from '../../../data/failure'
import { Button, buttonClasses } from '../../../ui/button'
import { Empty } from '../../../ui/empty'
import { formatCountOf } from '../../../ui/format'
import { Link } from '../../../ui/link'
import { Notice } from '../../../ui/notice'
import { jobsPath, type ListFilter } from '../list-filter'
import { ManyActions } from '../many/many-actions'
import { JobsWindow } from './jobs-window'
import { type Choice, useChoice } from './use-choice'
import { useJobRows } from './use-job-rows'
import type { Older } from './use-older'

/** Older jobs are read once so few rows are left below those in sight. */
const NEAR_END = 40

/** The list as it is now, as long as one scrolls, and what can be done to many of its jobs at once. */
export function JobsList({ filter }: { filter: ListFilter }) {
  const { rows, failure, older, onSight, reach } = useJobRows(filter)
  const { items } = rows
  const choice = useChoice(items)
  const [isNear, setNear] = useState(true)
  const load = useEffectEvent(older.load)
  // biome-ignore lint/correctness/useExhaustiveDependencies: an answer that changed nothing in sight is followed by the next
  useEffect(() => {
    if (isNear && older.state === 'idle' && !older.failure) load()
  }, [isNear, older.state, older.failure, rows])
  return (
    <>
      {failure && (
        <div className="p-3">
          <Notice tone="warn" title="Not up to date.">
            {failureOf(failure).message}
          </Notice>
        </div>
      )}
      {items.length > 0 ? (
        <div className="@container">
          <JobsWindow
            rows={rows}
            choice={choice}
            onSight={(first, last) => {
              setNear(last >= items.length - NEAR_END)
              onSight(first, last)
            }}
            reach={reach}
          />
        </div>
      ) : (
        older.state === 'done' && <NoJobs filtered={jobsPath(filter) !== '/jobs'} />
      )}
      <ListEnd count={items.length} older={older} />
      {choice.chosen.size > 0 && <Chosen choice={choice} items={items} />}
    </>
  )
}

function Chosen({ choice, items }: { choice: Choice; items: readonly JobView[] }) {
  const now = new Map(items.map((job) => [job.id, job]))
  return <ManyActions jobs={[...choice.chosen.values()].map((job) => now.get(job.id) ?? job)} onClear={choice.clear} />
}

/** What follows below the rows: more of them, nothing, or a question. */
function ListEnd({ count, older: { state, failure, load } }: { count: number; older: Older }) {
  return (
    <div className="flex min-h-12 flex-wrap items-center justify-center gap-3 px-4 py-2 text-[0.8125rem] text-muted">
      {failure ? (
        <Notice
          tone="warn"
          title="Older jobs could not be read."
          action={
            <Button size="small" onClick={load}>
              Try again
            </Button>
          }
        >
          {failureOf(failure).message}
        </Notice>
      ) : (
        <>
          <span role="status" aria-label="End of the list">
            {endText(state, count)}
          </span>
          {state === 'tired' && (
            <Button size="small" onClick={load}>
              Look further back
            </Button>
          )}
        </>
      )}
    </div>
  )
}

function endText(state: Older['state'], count: number): string {
  if (state === 'done') return count > 0 ? `${formatCountOf(count, 'job')}, all of them.` : ''
  if (state === 'tired') return 'None was found so far; older jobs were not looked at yet.'
  return 'Looking at older jobs …'
}

function NoJobs({ filtered }: { filtered: boolean }) {
  const action = filtered ? (
    <Link href="/jobs" className={buttonClasses()}>
      Show all jobs
    </Link>
  ) : (
    <Link href="/jobs/new" className={buttonClasses('primary')}>
      Submit the first job
    </Link>
  )
  return (
    <Empty title={filtered ? 'No jobs here' : 'No jobs yet'} action={action}>
      {filtered ? 'No job is like that.' : 'A job runs a Python script once, on a box that fits.'}
    </Empty>
  )
}
