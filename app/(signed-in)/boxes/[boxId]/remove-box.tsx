'use client'

import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import type { BoxView } from '../../../../core/boxes/list-boxes'
import type { BoxId } from '../../../../core/ids'
import { failureOf } from '../../../data/failure'
import { leaveWhenSignedOut, useTRPC } from '../../../data/trpc'
import { Button } from '../../../ui/button'
import { ConfirmDialog } from '../../../ui/confirm-dialog'
import { Notice } from '../../../ui/notice'

/** The button that removes a box, and the question before it does. */
export function RemoveBox({ box, boxId }: { box: BoxView; boxId: BoxId }) {
  const trpc = useTRPC()
  const router = useRouter()
  const queryClient = useQueryClient()
  const [asking, setAsking] = useState(false)
  const close = () => setAsking(false)
  const remove = useMutation(
    trpc.boxes.remove.mutationOptions({
      onSuccess: async () => {
        await queryClient.invalidateQueries(trpc.boxes.list.queryFilter())
        router.push('/boxes')
      },
      onError: leaveWhenSignedOut,
    }),
  )
  return (
    <>
      <Button look="danger" onClick={() => setAsking(true)}>
        Remove box
      </Button>
      <ConfirmDialog
        open={asking}
        onClose={close}
        title="Remove box"
        actions={
          <>
            <Button onClick={close}>Keep it</Button>
            <Button look="danger" disabled={remove.isPending} onClick={() => remove.mutate({ boxId })}>
              {remove.isPending ? 'Removing …' : 'Remove box'}
            </Button>
          </>
        }
      >
        <p className="wrap-anywhere">
          <strong className="font-semibold">{box.name}</strong> gets no more jobs and is asked nothing any more. Its
          jobs and its history stay; its name and address are free again.
        </p>
        {remove.error && <Notice tone="bad">{failureOf(remove.error).message}</Notice>}
      </ConfirmDialog>
    </>
  )
}
