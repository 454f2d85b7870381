'use client'

import { useMemo } from 'react'
import type { JobId } from '../../../../../core/ids'
import type { JobView } from '../../../../../core/jobs/job-view'
import { failureOf } from '../../../../data/failure'
import { Button, buttonClasses } from '../../../../ui/button'
import { formatCount, formatCountOf } from '../../../../ui/format'
import { Notice } from '../../../../ui/notice'
import { Panel } from '../../../../ui/panel'
import { useAttempt } from '../attempts/use-attempt'
import { useOutput } from './use-output'
import { seriesOf, toRow } from './value-columns'
import { ValuePlot } from './value-plot'
import { ValueTable } from './value-table'

const SHOWN_PLOTS = 8

/** What the script gave to the output channel: as a table, and numbers as curves that grow while it runs. Absent without any. */
export function OutputPanel({ job }: { job: JobView }) {
  const [attempt] = useAttempt(job)
  if (attempt === 0) return null
  return <AttemptOutput key={attempt} job={job} attempt={attempt} />
}

function AttemptOutput({ job, attempt }: { job: JobView; attempt: number }) {
  const lineCount = attempt === job.attempt ? job.lineCount : 0
  const { scan, asked, ask } = useOutput(job.id as JobId, attempt, lineCount)
  const { items, failure, capped } = scan
  const rows = useMemo(() => items.map(toRow), [items])
  const series = useMemo(() => seriesOf(rows).slice(0, SHOWN_PLOTS), [rows])
  if (asked && items.length === 0 && failure === undefined) return null
  return (
    <Panel
      title="Output values"
      actions={
        <>
          {asked && (
            <span className="text-xs text-muted">
              {capped ? `the first ${formatCount(items.length)} values` : formatCountOf(items.length, 'value')}
            </span>
          )}
          <a
            href={`/api/v1/jobs/${job.id}/logs/raw?attempt=${attempt}&stream=output`}
            download
            className={`${buttonClasses('plain', 'small')} ml-auto`}
          >
            Download values
          </a>
        </>
      }
    >
      {!asked && (
        <div className="p-4">
          <Button onClick={ask}>Look for values in {formatCountOf(lineCount, 'line')}</Button>
        </div>
      )}
      {failure !== undefined && (
        <div className="p-3">
          <Notice tone="warn" title="Not up to date.">
            {failureOf(failure).message}
          </Notice>
        </div>
      )}
      {series.length > 0 && (
        <div className="grid gap-x-4 gap-y-3 border-b border-line p-4 sm:grid-cols-[repeat(auto-fill,minmax(20rem,1fr))]">
          {series.map((one) => (
            <ValuePlot key={one.name} series={one} />
          ))}
        </div>
      )}
      {rows.length > 0 && <ValueTable rows={rows} />}
    </Panel>
  )
}
