'use client'

import { useSuspenseQuery } from '@tanstack/react-query'
import { type FormEvent, useId, useState } from 'react'
import type { JobId } from '../../../../core/ids'
import type { JobView } from '../../../../core/jobs/job-view'
import { isTerminal } from '../../../../core/jobs/state'
import { useTRPC } from '../../../data/trpc'
import { type Dialog, useDialog } from '../../../data/use-dialog'
import { Button } from '../../../ui/button'
import { ConfirmDialog } from '../../../ui/confirm-dialog'
import { Field, inputClasses } from '../../../ui/field'
import { formatDuration } from '../../../ui/format'
import { jobStateText } from '../../../ui/job-state'
import { Notice } from '../../../ui/notice'
import { JobAction } from '../job-action'

/** The button that gives a job another timeout, also while it runs. */
export function ExtendJob({ job }: { job: JobView }) {
  const trpc = useTRPC()
  const update = useDialog(trpc.jobs.update.mutationOptions(), (updated, cache) =>
    cache.setQueryData(trpc.jobs.get.queryKey({ jobId: job.id as JobId }), updated),
  )
  const [text, setText] = useState('')
  const ask = () => {
    setText(String(job.timeoutSeconds))
    update.ask()
  }
  return (
    <>
      <JobAction whyNot={useWhyNot(job)} onClick={ask}>
        Change timeout
      </JobAction>
      <ExtendDialog job={job} update={update} text={text} setText={setText} />
    </>
  )
}

function useWhyNot({ state }: JobView): string | undefined {
  const trpc = useTRPC()
  const { role } = useSuspenseQuery(trpc.account.me.queryOptions()).data
  if (isTerminal(state)) return `The job is ${jobStateText(state)}; its time does not matter any more.`
  if (state === 'uploading_artifacts') return 'The script has ended; its time does not matter any more.'
  if (role === 'viewer') return 'Viewers may not change jobs.'
  return undefined
}

function ExtendDialog({
  job,
  update,
  text,
  setText,
}: {
  job: JobView
  update: Dialog<{ jobId: JobId; timeoutSeconds: number }>
  text: string
  setText: (text: string) => void
}) {
  const formId = useId()
  const { failure } = update
  const problem = failure?.issues.find(({ path }) => path === 'timeoutSeconds')?.message
  const seconds = text.trim() === '' ? Number.NaN : Number(text)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    update.send({ jobId: job.id as JobId, timeoutSeconds: seconds })
  }
  return (
    <ConfirmDialog
      open={update.open}
      onClose={update.close}
      title="Change timeout"
      actions={
        <>
          <Button onClick={update.close}>Leave it</Button>
          <Button type="submit" form={formId} look="primary" disabled={update.busy || !Number.isFinite(seconds)}>
            {update.busy ? 'Changing …' : 'Change timeout'}
          </Button>
        </>
      }
    >
      <form id={formId} onSubmit={submit}>
        <Field
          label="Timeout (seconds)"
          hint={`Counted from the start of the script. ${Number.isFinite(seconds) && seconds >= 0 ? `= ${formatDuration(seconds * 1_000)}.` : ''}`}
          error={problem}
        >
          {(props) => (
            <input
              {...props}
              inputMode="numeric"
              autoComplete="off"
              value={text}
              onChange={(event) => setText(event.target.value)}
              className={inputClasses()}
            />
          )}
        </Field>
      </form>
      {failure && !problem && <Notice tone="bad">{failure.message}</Notice>}
    </ConfirmDialog>
  )
}
