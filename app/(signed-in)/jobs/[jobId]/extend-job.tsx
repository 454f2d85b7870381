'use client'

import { useMutation, useQueryClient, useSuspenseQuery } from '@tanstack/react-query'
import { type FormEvent, useId, useState } from 'react'
import type { JobId } from '../../../../core/ids'
import type { JobView } from '../../../../core/jobs/job-view'
import { isTerminal } from '../../../../core/jobs/state'
import { failureOf } from '../../../data/failure'
import { leaveWhenSignedOut, useTRPC } from '../../../data/trpc'
import { Button } from '../../../ui/button'
import { ConfirmDialog } from '../../../ui/confirm-dialog'
import { Field, inputClasses } from '../../../ui/field'
import { formatDuration } from '../../../ui/format'
import { jobStateText } from '../../../ui/job-state'
import { Notice } from '../../../ui/notice'
import { JobAction } from './job-action'

/** The button that gives a job another timeout, also while it runs. */
export function ExtendJob({ job }: { job: JobView }) {
  const [asking, setAsking] = useState(false)
  const [text, setText] = useState('')
  const ask = () => {
    setText(String(job.timeoutSeconds))
    setAsking(true)
  }
  return (
    <>
      <JobAction whyNot={useWhyNot(job)} onClick={ask}>
        Change timeout
      </JobAction>
      <ExtendDialog job={job} open={asking} text={text} setText={setText} onClose={() => setAsking(false)} />
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
  open,
  text,
  setText,
  onClose,
}: {
  job: JobView
  open: boolean
  text: string
  setText: (text: string) => void
  onClose: () => void
}) {
  const trpc = useTRPC()
  const queryClient = useQueryClient()
  const formId = useId()
  const jobId = job.id as JobId
  const update = useMutation(
    trpc.jobs.update.mutationOptions({
      onSuccess: (updated) => {
        queryClient.setQueryData(trpc.jobs.get.queryKey({ jobId }), updated)
        onClose()
      },
      onError: leaveWhenSignedOut,
    }),
  )
  const failure = update.error ? failureOf(update.error) : undefined
  const problem = failure?.issues.find(({ path }) => path === 'timeoutSeconds')?.message
  const seconds = text.trim() === '' ? Number.NaN : Number(text)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    update.mutate({ jobId, timeoutSeconds: seconds })
  }
  return (
    <ConfirmDialog
      open={open}
      onClose={onClose}
      title="Change timeout"
      actions={
        <>
          <Button onClick={onClose}>Leave it</Button>
          <Button type="submit" form={formId} look="primary" disabled={update.isPending || !Number.isFinite(seconds)}>
            {update.isPending ? 'Changing …' : 'Change timeout'}
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
