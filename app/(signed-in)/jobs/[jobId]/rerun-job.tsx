'use client'

import { useSuspenseQuery } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { type FormEvent, useId, useState } from 'react'
import type { JobId } from '../../../../core/ids'
import type { JobView } from '../../../../core/jobs/job-view'
import { isTerminal } from '../../../../core/jobs/state'
import { useTRPC, useTRPCClient } from '../../../data/trpc'
import { type Dialog, useDialog } from '../../../data/use-dialog'
import { Button, buttonClasses } from '../../../ui/button'
import { ConfirmDialog } from '../../../ui/confirm-dialog'
import { jobStateText } from '../../../ui/job-state'
import { Link } from '../../../ui/link'
import { Notice } from '../../../ui/notice'
import { editPath, jobPath } from '../../../ui/paths'
import { JobAction } from '../job-action'
import { type Answers, SecretAnswers, toSecrets } from './secret-answers'

/** The buttons that run a job again: as it was, by one click where it needs no secrets, or edited. */
export function RerunJob({ job }: { job: JobView }) {
  const client = useTRPCClient()
  const router = useRouter()
  const whyNot = useWhyNot(job)
  const [answers, setAnswers] = useState<Answers>({})
  const jobId = job.id as JobId
  // values of secrets are read when they are sent, so that they are in no cache of what was called
  const rerun = useDialog<JobView, Error, void>(
    {
      gcTime: 0,
      mutationFn: async () => {
        const secrets = toSecrets(job.secretNames, answers)
        return await client.jobs.rerun.mutate({ jobId, ...(job.secretNames.length > 0 && { secrets }) })
      },
    },
    ({ id }) => router.push(jobPath(id)),
  )
  const start = () => {
    setAnswers({})
    if (job.secretNames.length > 0) rerun.ask()
    else if (!rerun.busy) rerun.send()
  }
  return (
    <>
      <JobAction whyNot={whyNot} onClick={start} aria-busy={rerun.busy}>
        {rerun.busy && !rerun.open ? 'Submitting …' : 'Rerun'}
      </JobAction>
      {whyNot ? (
        <JobAction whyNot={whyNot} onClick={() => {}}>
          Edit and rerun
        </JobAction>
      ) : (
        <Link href={editPath(jobId)} className={buttonClasses()}>
          Edit and rerun
        </Link>
      )}
      <RerunDialog job={job} rerun={rerun} answers={answers} setAnswers={setAnswers} />
    </>
  )
}

function useWhyNot({ state }: JobView): string | undefined {
  const trpc = useTRPC()
  const { role } = useSuspenseQuery(trpc.account.me.queryOptions()).data
  if (!isTerminal(state)) return `The job is ${jobStateText(state)}; it can be rerun once it is over.`
  if (role === 'viewer') return 'Viewers may not run jobs.'
  return undefined
}

/** Asks for the values of secrets, and shows why a rerun was refused. */
function RerunDialog({
  job,
  rerun,
  answers,
  setAnswers,
}: {
  job: JobView
  rerun: Dialog<void>
  answers: Answers
  setAnswers: (answers: Answers) => void
}) {
  const formId = useId()
  const { failure } = rerun
  const errors = Object.fromEntries(failure?.issues.map(({ path, message }) => [path, message]) ?? [])
  const isAtField = job.secretNames.some((name) => errors[`secrets.${name}`])
  const submit = (event: FormEvent) => {
    event.preventDefault()
    rerun.send()
  }
  return (
    <ConfirmDialog
      open={rerun.open}
      onClose={rerun.close}
      title="Rerun job"
      actions={
        <>
          <Button onClick={rerun.close}>Leave it</Button>
          <Button type="submit" form={formId} look="primary" disabled={rerun.busy}>
            {rerun.busy ? 'Submitting …' : 'Rerun'}
          </Button>
        </>
      }
    >
      <p className="wrap-anywhere">
        <strong className="font-semibold">{job.name}</strong> is submitted once more, as it was.
        {job.secretNames.length > 0 && ' Values of secrets were forgotten when it ended; they are asked again.'}
      </p>
      <form id={formId} onSubmit={submit} noValidate className="flex flex-col gap-3">
        <SecretAnswers names={job.secretNames} answers={answers} onChange={setAnswers} errors={errors} />
      </form>
      {failure && !isAtField && <Notice tone="bad">{failure.message}</Notice>}
    </ConfirmDialog>
  )
}
