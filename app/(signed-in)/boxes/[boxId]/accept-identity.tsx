'use client'

import type { BoxView } from '../../../../core/boxes/list-boxes'
import type { BoxId } from '../../../../core/ids'
import { failureOf } from '../../../data/failure'
import { Button } from '../../../ui/button'
import { Notice } from '../../../ui/notice'
import { useChangeBox } from './use-change-box'

/** Another box answers at the address: says which, and lets a manager say that this is right. */
export function AcceptIdentity({ box, boxId, mayManage }: { box: BoxView; boxId: BoxId; mayManage: boolean }) {
  const change = useChangeBox(boxId)
  const found = box.foundBoxId
  return (
    <Notice
      tone="warn"
      title="Another box answers at its address."
      action={
        mayManage &&
        found && (
          <Button disabled={change.isPending} onClick={() => change.mutate({ boxId, lagerBoxId: found })}>
            {change.isPending ? 'Looking at it …' : `Accept ${found}`}
          </Button>
        )
      }
    >
      {found ?? 'Another one'} answers instead of {box.lagerBoxId}. It gets no jobs until the right one is back, or
      until somebody says that it may take its place.
      {change.error && <span className="block text-bad">{failureOf(change.error).message}</span>}
    </Notice>
  )
}
