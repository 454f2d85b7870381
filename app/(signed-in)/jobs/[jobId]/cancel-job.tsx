'use client'

import { useMutation, useQueryClient, useSuspenseQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { JobId } from '../../../../core/ids'
import type { JobView } from '../../../../core/jobs/job-view'
import { jobCan } from '../../../../core/jobs/state'
import { failureOf } from '../../../data/failure'
import { leaveWhenSignedOut, useTRPC } from '../../../data/trpc'
import { Button } from '../../../ui/button'
import { ConfirmDialog } from '../../../ui/confirm-dialog'
import { Field, inputClasses } from '../../../ui/field'
import { jobStateText } from '../../../ui/job-state'
import { Notice } from '../../../ui/notice'
import { JobAction } from './job-action'

/** The button that cancels, and the question before it does. Where it can't be cancelled, the button says why. */
export function CancelJob({ job }: { job: JobView }) {
  const [asking, setAsking] = useState(false)
  return (
    <>
      <JobAction look="danger" whyNot={useWhyNot(job)} onClick={() => setAsking(true)}>
        Cancel job
      </JobAction>
      <CancelDialog job={job} open={asking} onClose={() => setAsking(false)} />
    </>
  )
}

function useWhyNot({ state }: JobView): string | undefined {
  const trpc = useTRPC()
  const { role } = useSuspenseQuery(trpc.account.me.queryOptions()).data
  if (!jobCan('cancel', state)) return `The job is ${jobStateText(state)}; there is nothing to cancel.`
  if (role === 'viewer') return 'Viewers may not cancel jobs.'
  return undefined
}

function CancelDialog({ job, open, onClose }: { job: JobView; open: boolean; onClose: () => void }) {
  const trpc = useTRPC()
  const queryClient = useQueryClient()
  const [reason, setReason] = useState('')
  const jobId = job.id as JobId
  const cancel = useMutation(
    trpc.jobs.cancel.mutationOptions({
      onSuccess: (cancelled) => {
        queryClient.setQueryData(trpc.jobs.get.queryKey({ jobId }), cancelled)
        onClose()
      },
      onError: leaveWhenSignedOut,
    }),
  )
  const isOver = !jobCan('cancel', job.state)
  return (
    <ConfirmDialog
      open={open}
      onClose={onClose}
      title="Cancel job"
      actions={
        <>
          <Button onClick={onClose}>Keep it</Button>
          <Button
            look="danger"
            disabled={cancel.isPending || isOver}
            onClick={() => cancel.mutate({ jobId, reason: reason.trim() })}
          >
            {cancel.isPending ? 'Cancelling …' : 'Cancel job'}
          </Button>
        </>
      }
    >
      <p className="wrap-anywhere">
        <strong className="font-semibold">{job.name}</strong> ends at once.{' '}
        {job.boxName && `Its script on ${job.boxName} gets SIGTERM, and SIGKILL ${job.graceSeconds} s later.`}
      </p>
      <Field label="Reason (optional)">
        {(props) => (
          <input
            {...props}
            value={reason}
            maxLength={200}
            onChange={(event) => setReason(event.target.value)}
            className={inputClasses()}
          />
        )}
      </Field>
      {isOver && <Notice>Meanwhile the job is {jobStateText(job.state)}.</Notice>}
      {cancel.error && !isOver && <Notice tone="bad">{failureOf(cancel.error).message}</Notice>}
    </ConfirmDialog>
  )
}
