'use client'

import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { BoxView } from '../../../../core/boxes/list-boxes'
import type { BoxId, JobId } from '../../../../core/ids'
import { isTerminal } from '../../../../core/jobs/state'
import { failureOf } from '../../../data/failure'
import { leaveWhenSignedOut, useTRPC } from '../../../data/trpc'
import { Button } from '../../../ui/button'
import { ConfirmDialog } from '../../../ui/confirm-dialog'
import { Field, inputClasses } from '../../../ui/field'
import { Notice } from '../../../ui/notice'

export type Lease = BoxView['leases'][number]

/** The button that frees a slot by hand, and the question before it does. */
export function ReleaseBox({ box, boxId, lease }: { box: BoxView; boxId: BoxId; lease: Lease }) {
  const trpc = useTRPC()
  const queryClient = useQueryClient()
  const [asking, setAsking] = useState(false)
  const [reason, setReason] = useState('')
  const release = useMutation(
    trpc.boxes.release.mutationOptions({
      onSuccess: (released) => queryClient.setQueryData(trpc.boxes.get.queryKey({ boxId }), released),
      onError: leaveWhenSignedOut,
    }),
  )
  const close = () => setAsking(false)
  const send = () =>
    release.mutate({ boxId, reason: reason.trim(), ...(lease.jobId && { jobId: lease.jobId as JobId }) })
  return (
    <>
      <Button onClick={() => setAsking(true)}>Release …</Button>
      <ConfirmDialog
        open={asking}
        onClose={close}
        title="Release box"
        actions={
          <>
            <Button onClick={close}>Keep waiting</Button>
            <Button look="danger" disabled={release.isPending || reason.trim() === ''} onClick={send}>
              {release.isPending ? 'Releasing …' : 'Release box'}
            </Button>
          </>
        }
      >
        <Meaning box={box} lease={lease} />
        <Field label="Reason" hint="It stands in the history of box and job.">
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
        {release.error && <Notice tone="bad">{failureOf(release.error).message}</Notice>}
      </ConfirmDialog>
    </>
  )
}

function Meaning({ box, lease: { jobName, jobState } }: { box: BoxView; lease: Lease }) {
  const live = jobState !== null && !isTerminal(jobState)
  return (
    <>
      <p className="wrap-anywhere">
        The next job gets <strong className="font-semibold">{box.name}</strong> at once. The script of{' '}
        <strong className="font-semibold">{jobName}</strong> may still run there and drive the bench beside it: look at
        the bench first.
      </p>
      <p>
        {live && 'The job fails. '}Should its supervisor come back, it is told to end the script and to leave; what it
        has not told by now is lost.
      </p>
    </>
  )
}
