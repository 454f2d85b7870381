'use client'

import { useRouter } from 'next/navigation'
import type { BoxView } from '../../../../core/boxes/list-boxes'
import type { BoxId } from '../../../../core/ids'
import { useTRPC } from '../../../data/trpc'
import { useDialog } from '../../../data/use-dialog'
import { Button } from '../../../ui/button'
import { ConfirmDialog } from '../../../ui/confirm-dialog'
import { Notice } from '../../../ui/notice'

/** The button that removes a box, and the question before it does. */
export function RemoveBox({ box, boxId }: { box: BoxView; boxId: BoxId }) {
  const trpc = useTRPC()
  const router = useRouter()
  const remove = useDialog(trpc.boxes.remove.mutationOptions(), async (_, cache) => {
    await cache.invalidateQueries(trpc.boxes.list.queryFilter())
    router.push('/boxes')
  })
  return (
    <>
      <Button look="danger" onClick={remove.ask}>
        Remove box
      </Button>
      <ConfirmDialog
        open={remove.open}
        onClose={remove.close}
        title="Remove box"
        actions={
          <>
            <Button onClick={remove.close}>Keep it</Button>
            <Button look="danger" disabled={remove.busy} onClick={() => remove.send({ boxId })}>
              {remove.busy ? 'Removing …' : 'Remove box'}
            </Button>
          </>
        }
      >
        <p className="wrap-anywhere">
          <strong className="font-semibold">{box.name}</strong> gets no more jobs and is asked nothing any more. Its
          jobs and its history stay; its name and address are free again.
        </p>
        {remove.failure && <Notice tone="bad">{remove.failure.message}</Notice>}
      </ConfirmDialog>
    </>
  )
}
