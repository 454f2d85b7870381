'use client'

import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import type { JobId } from '../../../../core/ids'
import type { JobView } from '../../../../core/jobs/job-view'
import { failureOf } from '../../../data/failure'
import { useTRPC } from '../../../data/trpc'
import { visibleText } from '../../../ui/log/ansi'
import { Notice } from '../../../ui/notice'
import { Skeleton } from '../../../ui/skeleton'
import { useAttempt } from './attempts/use-attempt'

/** What the script was given, and on what machine: its variables, its secrets by name, and what the box said of itself. */
export function EnvironmentPanel({ job }: { job: JobView }) {
  const trpc = useTRPC()
  const jobId = job.id as JobId
  const [attempt] = useAttempt(job)
  const submission = useQuery(trpc.jobs.submission.queryOptions({ jobId }))
  const attempts = useQuery(trpc.jobs.attempts.queryOptions({ jobId, limit: 200 }))
  const failed = submission.error ?? attempts.error
  if (failed) {
    return (
      <div className="p-3">
        <Notice tone="warn">{failureOf(failed).message}</Notice>
      </div>
    )
  }
  if (!submission.data) return <Skeleton rows={2} label="Loading the environment" />
  const { env, secretNames, script } = submission.data
  const ranOn = attempts.data?.items.find((one) => one.attempt === attempt)?.ranOn
  const variables = Object.entries(env)
  return (
    <>
      <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1.5 px-4 py-3 text-[0.8125rem]">
        {ranOn && (
          <>
            <Row name="Host">{ranOn.hostname}</Row>
            <Row name="Python">{ranOn.pythonVersion}</Row>
            <Row name="Boot">{ranOn.bootId}</Row>
          </>
        )}
        {variables.map(([name, value]) => (
          <Row key={name} name={name}>
            {value === '' ? '""' : visibleText(value, '\n\t')}
          </Row>
        ))}
        {secretNames.map((name) => (
          <Row key={name} name={name}>
            <span className="text-muted">secret; told to nobody</span>
          </Row>
        ))}
      </dl>
      {variables.length + secretNames.length === 0 && (
        <p className="px-4 pb-3 text-xs text-muted">No variables of its own.</p>
      )}
      {script !== undefined && (
        <details className="border-t border-line">
          <summary className="px-4 py-2 text-[0.8125rem] font-medium">Script</summary>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it */}
          <pre tabIndex={0} className="max-h-96 overflow-auto px-4 pb-3 font-mono text-xs [tab-size:4]">
            {visibleText(script, '\n\t')}
          </pre>
        </details>
      )}
    </>
  )
}

function Row({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt className="font-mono text-xs leading-5 wrap-anywhere text-muted">{name}</dt>
      <dd className="min-w-0 font-mono text-xs leading-5 wrap-anywhere whitespace-pre-wrap">{children}</dd>
    </>
  )
}
