'use client'

import type { BoxView } from '../../../../core/boxes/list-boxes'
import type { BoxId } from '../../../../core/ids'
import { failureOf } from '../../../data/failure'
import { Button } from '../../../ui/button'
import { useChangeBox } from './use-change-box'

/** Lets the box end its jobs and take no new ones, and back. */
export function DrainSwitch({ box: { draining }, boxId }: { box: BoxView; boxId: BoxId }) {
  const change = useChangeBox(boxId)
  return (
    <>
      {change.error && (
        <span role="alert" className="text-xs text-bad">
          {failureOf(change.error).message}
        </span>
      )}
      <Button
        role="switch"
        aria-checked={draining}
        disabled={change.isPending}
        title="A draining box ends its jobs and gets no new ones."
        onClick={() => change.mutate({ boxId, draining: !draining })}
        className="aria-checked:border-accent aria-checked:bg-accent/10"
      >
        <span
          aria-hidden="true"
          className={`size-1.5 rounded-full border ${draining ? 'border-accent bg-accent' : 'border-line-strong'}`}
        />
        Drain
      </Button>
    </>
  )
}
