'use client'

import { useSuspenseQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { JobId } from '../../../../core/ids'
import type { JobView } from '../../../../core/jobs/job-view'
import { jobCan } from '../../../../core/jobs/state'
import { useTRPC } from '../../../data/trpc'
import { type Dialog, useDialog } from '../../../data/use-dialog'
import { Button } from '../../../ui/button'
import { ConfirmDialog } from '../../../ui/confirm-dialog'
import { Field, inputClasses } from '../../../ui/field'
import { jobStateText } from '../../../ui/job-state'
import { Notice } from '../../../ui/notice'
import { JobAction } from '../job-action'

/** The button that cancels, and the question before it does. Where it can't be cancelled, the button says why. */
export function CancelJob({ job }: { job: JobView }) {
  const trpc = useTRPC()
  const cancel = useDialog(trpc.jobs.cancel.mutationOptions(), (cancelled, cache) =>
    cache.setQueryData(trpc.jobs.get.queryKey({ jobId: job.id as JobId }), cancelled),
  )
  return (
    <>
      <JobAction look="danger" whyNot={useWhyNot(job)} onClick={cancel.ask}>
        Cancel job
      </JobAction>
      <CancelDialog job={job} cancel={cancel} />
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

function CancelDialog({ job, cancel }: { job: JobView; cancel: Dialog<{ jobId: JobId; reason: string }> }) {
  const [reason, setReason] = useState('')
  const isOver = !jobCan('cancel', job.state)
  return (
    <ConfirmDialog
      open={cancel.open}
      onClose={cancel.close}
      title="Cancel job"
      actions={
        <>
          <Button onClick={cancel.close}>Keep it</Button>
          <Button
            look="danger"
            disabled={cancel.busy || isOver}
            onClick={() => cancel.send({ jobId: job.id as JobId, reason: reason.trim() })}
          >
            {cancel.busy ? 'Cancelling …' : 'Cancel job'}
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
      {cancel.failure && !isOver && <Notice tone="bad">{cancel.failure.message}</Notice>}
    </ConfirmDialog>
  )
}
