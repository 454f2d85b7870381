'use client'

import { useRef, useState } from 'react'
import type { JobId } from '../../../../../core/ids'
import type { JobView } from '../../../../../core/jobs/job-view'
import { isTerminal } from '../../../../../core/jobs/state'
import { failureOf } from '../../../../data/failure'
import { buttonClasses } from '../../../../ui/button'
import { formatCountOf } from '../../../../ui/format'
import { LogView } from '../../../../ui/log/log-view'
import { Notice } from '../../../../ui/notice'
import { Panel } from '../../../../ui/panel'
import { Toggle } from '../../../../ui/toggle'
import { AttemptChoice } from '../attempts/attempt-choice'
import { useAttempt } from '../attempts/use-attempt'
import { FindBar } from './find-bar'
import { useLineLinks } from './use-line-links'
import { useLogFind } from './use-log-find'
import { useLogPages } from './use-log-pages'

/** The output of an attempt: the one that the address names, else the current one. */
export function JobLog({ job }: { job: JobView }) {
  const [attempt, choose] = useAttempt(job)
  return (
    <AttemptLog key={attempt} job={job} attempt={attempt}>
      <AttemptChoice job={job} attempt={attempt} onChoose={choose} />
    </AttemptLog>
  )
}

function AttemptLog({ job, attempt, children }: { job: JobView; attempt: number; children: React.ReactNode }) {
  const [following, setFollowing] = useState(true)
  const [showTimes, setShowTimes] = useState(false)
  const [wrap, setWrap] = useState(false)
  const inSight = useRef(1)
  const field = useRef<HTMLInputElement>(null)
  const pages = useLogPages(job, attempt)
  const links = useLineLinks(attempt, () => setFollowing(false))
  const { lineCount, closed } = pages
  const find = useLogFind({ jobId: job.id as JobId, attempt, lineCount }, () => inSight.current, links.goTo)
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
            <Toggle pressed={wrap} onPressed={setWrap}>
              Wrap
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
      {attempt > 0 && <FindBar find={find} field={field} />}
      <LogView
        label="Job output"
        lineCount={lineCount}
        line={(n) => pages.line(n)}
        version={pages.version}
        following={following}
        onFollow={setFollowing}
        onRange={(first, last) => {
          inSight.current = first
          pages.want(first, last)
        }}
        look={{ showTimes, wrap, pattern: find.pattern }}
        picked={links.picked}
        onPick={links.pick}
        goal={links.goal}
        onFind={() => field.current?.focus()}
        empty={emptyText(job, attempt, closed)}
      />
    </Panel>
  )
}

function emptyText({ state, boxName }: JobView, attempt: number, closed: boolean): string {
  if (closed) return 'The script printed nothing.'
  if (attempt === 0) return isTerminal(state) ? 'It never ran.' : 'Output appears here once the job runs on a box.'
  if (state === 'dispatching') return `Starting on ${boxName ?? 'the box'} …`
  return isTerminal(state) ? 'No output.' : 'Nothing printed yet.'
}
