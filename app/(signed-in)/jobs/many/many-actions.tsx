'use client'

import { useSuspenseQuery } from '@tanstack/react-query'
import { memo, useState } from 'react'
import type { JobId } from '../../../../core/ids'
import type { JobView } from '../../../../core/jobs/job-view'
import { isTerminal, jobCan } from '../../../../core/jobs/state'
import { failureOf } from '../../../data/failure'
import { useTRPC, useTRPCClient } from '../../../data/trpc'
import { Button } from '../../../ui/button'
import { ConfirmDialog } from '../../../ui/confirm-dialog'
import { formatCountOf } from '../../../ui/format'
import { Link } from '../../../ui/link'
import { jobPath } from '../../../ui/paths'
import { JobAction } from '../job-action'
import { actOnMany, type Doomed, type Outcome, outcomesText } from './act-on-many'

type Verb = 'rerun' | 'cancel'
const VERBS = {
  rerun: { title: 'Rerun jobs', button: 'Rerun', leave: 'Leave them', said: 'submitted once more' },
  cancel: { title: 'Cancel jobs', button: 'Cancel jobs', leave: 'Keep them', said: 'cancelled' },
} as const

/** What can be done to the jobs that are chosen, and what became of each of them. */
export function ManyActions({ jobs, onClear }: { jobs: readonly JobView[]; onClear: () => void }) {
  const [asked, setAsked] = useState<{ verb: Verb; jobs: Doomed[] } | null>(null)
  const trpc = useTRPC()
  const { role } = useSuspenseQuery(trpc.account.me.queryOptions()).data
  const over = jobs.filter(({ state }) => isTerminal(state))
  const live = jobs.filter(({ state }) => jobCan('cancel', state))
  const whyNot = (some: readonly JobView[], text: string) =>
    role === 'viewer' ? 'Viewers may not run or cancel jobs.' : some.length === 0 ? text : undefined
  return (
    <>
      <section
        aria-label="Chosen jobs"
        className="sticky bottom-0 z-20 flex flex-wrap items-center gap-2 border-t border-line bg-surface px-4 py-2"
      >
        <span role="status" className="mr-2 text-[0.8125rem] font-medium">
          {formatCountOf(jobs.length, 'job')} chosen
        </span>
        <JobAction
          size="small"
          whyNot={whyNot(over, 'None of them is over; jobs can be rerun once they are.')}
          onClick={() => setAsked({ verb: 'rerun', jobs: over })}
        >
          Rerun {over.length}
        </JobAction>
        <JobAction
          size="small"
          look="danger"
          whyNot={whyNot(live, 'All of them are over; there is nothing to cancel.')}
          onClick={() => setAsked({ verb: 'cancel', jobs: live })}
        >
          Cancel {live.length}
        </JobAction>
        <Button size="small" look="quiet" onClick={onClear}>
          Choose none
        </Button>
      </section>
      {asked && <ManyDialog verb={asked.verb} jobs={asked.jobs} onClose={() => setAsked(null)} />}
    </>
  )
}

function ManyDialog({ verb, jobs, onClose }: { verb: Verb; jobs: readonly Doomed[]; onClose: () => void }) {
  const client = useTRPCClient()
  const [outcomes, setOutcomes] = useState<Outcome[] | null>(null)
  const words = VERBS[verb]
  const isDone = outcomes?.every(({ state }) => state === 'done' || state === 'refused')
  const act = async ({ id }: Doomed) => {
    const jobId = id as JobId
    try {
      if (verb === 'rerun') return { jobId: (await client.jobs.rerun.mutate({ jobId })).id }
      await client.jobs.cancel.mutate({ jobId, reason: '' })
      return {}
    } catch (error) {
      throw new Error(refusal(error))
    }
  }
  const start = () => {
    setOutcomes(jobs.map(() => ({ state: 'waiting' })))
    void actOnMany(jobs, act, (index, outcome) => setOutcomes((before) => before?.with(index, outcome) ?? null))
  }
  return (
    <ConfirmDialog
      open
      onClose={onClose}
      title={words.title}
      actions={
        outcomes ? (
          <Button onClick={onClose}>{isDone ? 'Close' : 'Go on in the background'}</Button>
        ) : (
          <>
            <Button onClick={onClose}>{words.leave}</Button>
            <Button look={verb === 'cancel' ? 'danger' : 'primary'} onClick={start}>
              {words.button}
            </Button>
          </>
        )
      }
    >
      <p role="status" aria-label="Outcome">
        {outcomes ? outcomesText(outcomes) : `${formatCountOf(jobs.length, 'job')} will be ${words.said}.`}
      </p>
      <ul className="max-h-72 overflow-auto text-[0.8125rem]">
        {jobs.map((job, index) => (
          <OutcomeRow key={job.id} job={job} outcome={outcomes?.[index]} said={words.said} />
        ))}
      </ul>
    </ConfirmDialog>
  )
}

function refusal(error: unknown): string {
  const { message, issues } = failureOf(error)
  return issues.length > 0 ? issues.map(({ path, message: what }) => `${path} ${what}`).join('; ') : message
}

type OutcomeProps = { job: Doomed; outcome: Outcome | undefined; said: string }

/** There may be thousands of them, and only one changes at a time. */
const OutcomeRow = memo(function OutcomeRow({ job, outcome, said }: OutcomeProps) {
  return (
    <li className="border-t border-line py-1 wrap-anywhere first:border-t-0">
      <Link href={jobPath(job.id)}>{job.name}</Link>
      {outcome && <OutcomeText outcome={outcome} said={said} />}
    </li>
  )
})

function OutcomeText({ outcome, said }: { outcome: Outcome; said: string }) {
  if (outcome.state === 'refused') return <span className="block text-xs text-bad">refused: {outcome.why}</span>
  if (outcome.state !== 'done')
    return <span className="text-muted"> · {outcome.state === 'busy' ? 'under way …' : 'waits'}</span>
  return (
    <span className="text-muted"> · {outcome.jobId ? <Link href={jobPath(outcome.jobId)}>{said}</Link> : said}</span>
  )
}
