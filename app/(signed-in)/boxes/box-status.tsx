import type { BoxView } from '../../../core/boxes/list-boxes'
import { classes } from '../../ui/classes'

const LOOKS = {
  online: { dot: 'bg-good border-good', text: 'text-good' },
  offline: { dot: 'bg-transparent border-bad', text: 'text-bad' },
  unknown: { dot: 'bg-transparent border-muted border-dashed', text: 'text-muted' },
}

/** Whether it answers, and what keeps jobs away from it besides. */
export function BoxStatus({ box }: { box: BoxView }) {
  const look = LOOKS[box.status]
  const troubles = [
    box.identityMismatch && 'another box answered at its address',
    !box.canCallBack && box.status === 'online' && 'cannot reach Stout',
    box.draining && 'draining',
    box.statusDetail,
  ].filter(Boolean)
  return (
    <div className="min-w-0">
      <span className={classes('inline-flex items-center gap-1.5 font-medium', look.text)}>
        <span aria-hidden="true" className={classes('size-2 rounded-full border-2', look.dot)} />
        {box.status}
      </span>
      {troubles.map((trouble) => (
        <span key={String(trouble)} className="block max-w-72 text-xs text-muted wrap-anywhere">
          {trouble}
        </span>
      ))}
    </div>
  )
}
