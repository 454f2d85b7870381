'use client'

import { useEffect, useRef, useState, useSyncExternalStore } from 'react'
import type { JobId } from '../../../../core/ids'
import type { JobView } from '../../../../core/jobs/job-view'
import { isTerminal } from '../../../../core/jobs/state'
import { failureOf } from '../../../data/failure'
import { leaveWhenSignedOut, useTRPCClient } from '../../../data/trpc'
import { useLive } from '../../../live/use-live'
import { buttonClasses } from '../../../ui/button'
import { formatCountOf } from '../../../ui/format'
import { LogView } from '../../../ui/log-view'
import { Notice } from '../../../ui/notice'
import { Panel } from '../../../ui/panel'
import { Toggle } from '../../../ui/toggle'
import { AttemptChoice } from './attempt-choice'
import { LogPages } from './log-pages'

/** The output of an attempt: the current one, unless the reader chose another. */
export function JobLog({ job }: { job: JobView }) {
  const [chosen, setChosen] = useState<number | null>(null)
  const attempt = chosen ?? job.attempt
  return (
    <AttemptLog key={attempt} job={job} attempt={attempt}>
      <AttemptChoice job={job} attempt={attempt} onChoose={setChosen} />
    </AttemptLog>
  )
}

function AttemptLog({ job, attempt, children }: { job: JobView; attempt: number; children: React.ReactNode }) {
  const [following, setFollowing] = useState(true)
  const [showTimes, setShowTimes] = useState(false)
  const pages = useLogPages(job, attempt)
  const { lineCount, closed } = pages
  return (
    <Panel
      title="Log"
      actions={
        <>
          <span className="text-xs text-muted">{formatCountOf(lineCount, 'line')}</span>
          <div className="ml-auto flex flex-wrap items-center gap-2">
            {children}
            <Toggle pressed={following} onPressed={setFollowing}>
              Follow
            </Toggle>
            <Toggle pressed={showTimes} onPressed={setShowTimes}>
              Times
            </Toggle>
            {attempt > 0 && (
              <a
                href={`/api/v1/jobs/${job.id}/logs/raw?attempt=${attempt}`}
                download
                className={buttonClasses('plain', 'small')}
              >
                Download raw
              </a>
            )}
          </div>
        </>
      }
    >
      {pages.failure !== undefined && (
        <div className="p-2">
          <Notice tone="warn" title="Not up to date.">
            {failureOf(pages.failure).message}
          </Notice>
        </div>
      )}
      <LogView
        label="Job output"
        lineCount={lineCount}
        line={(n) => pages.line(n)}
        version={pages.version}
        following={following}
        onFollow={setFollowing}
        onRange={(first, last) => pages.want(first, last)}
        showTimes={showTimes}
        empty={emptyText(job, attempt, closed)}
      />
    </Panel>
  )
}

/** The pages of an attempt's log, awake while they are shown. */
function useLogPages(job: JobView, attempt: number): LogPages {
  const client = useTRPCClient()
  const jobId = job.id as JobId
  const isCurrent = attempt === job.attempt
  const [pages] = useState(
    () =>
      new LogPages(
        (range, signal) => client.jobs.logs.query({ jobId, attempt, ...range }, { signal, context: { alone: true } }),
        isCurrent ? job.lineCount : 0,
      ),
  )
  useSyncExternalStore(
    pages.watch,
    () => pages.version,
    () => 0,
  )
  useLive(attempt > 0 ? `log:${jobId}:${attempt}` : null, (n) => pages.wake(n))
  const { attemptPhase } = job
  const known = useRef(attemptPhase)
  useEffect(() => {
    // an attempt that ends may end its log without a line, and an empty one has no page to be read that would say so
    if (attempt > 0 && (pages.lineCount === 0 || known.current !== attemptPhase)) pages.wake(0)
    known.current = attemptPhase
  }, [pages, attempt, attemptPhase])
  useEffect(() => () => pages.rest(), [pages])
  useEffect(() => leaveWhenSignedOut(pages.failure), [pages.failure])
  return pages
}

function emptyText({ state, boxName }: JobView, attempt: number, closed: boolean): string {
  if (closed) return 'The script printed nothing.'
  if (attempt === 0) return isTerminal(state) ? 'It never ran.' : 'Output appears here once the job runs on a box.'
  if (state === 'dispatching') return `Starting on ${boxName ?? 'the box'} …`
  return isTerminal(state) ? 'No output.' : 'Nothing printed yet.'
}
