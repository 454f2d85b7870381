'use client'

import { useState } from 'react'
import type { BoxView } from '../../../../core/boxes/list-boxes'
import type { BoxId, JobId } from '../../../../core/ids'
import { isTerminal } from '../../../../core/jobs/state'
import { useTRPC } from '../../../data/trpc'
import { useDialog } from '../../../data/use-dialog'
import { Button } from '../../../ui/button'
import { ConfirmDialog } from '../../../ui/confirm-dialog'
import { Field, inputClasses } from '../../../ui/field'
import { Notice } from '../../../ui/notice'

export type Lease = BoxView['leases'][number]

/** The button that frees a slot by hand, and the question before it does. */
export function ReleaseBox({ box, boxId, lease }: { box: BoxView; boxId: BoxId; lease: Lease }) {
  const trpc = useTRPC()
  const [reason, setReason] = useState('')
  const release = useDialog(trpc.boxes.release.mutationOptions(), (released, cache) =>
    cache.setQueryData(trpc.boxes.get.queryKey({ boxId }), released),
  )
  const send = () => release.send({ boxId, reason: reason.trim(), ...(lease.jobId && { jobId: lease.jobId as JobId }) })
  return (
    <>
      <Button onClick={release.ask}>Release …</Button>
      <ConfirmDialog
        open={release.open}
        onClose={release.close}
        title="Release box"
        actions={
          <>
            <Button onClick={release.close}>Keep waiting</Button>
            <Button look="danger" disabled={release.busy || reason.trim() === ''} onClick={send}>
              {release.busy ? 'Releasing …' : 'Release box'}
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
        {release.failure && <Notice tone="bad">{release.failure.message}</Notice>}
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
