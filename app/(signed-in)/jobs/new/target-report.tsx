'use client'

import type { TargetView } from '../../../../core/placement/see-target'
import type { Failure } from '../../../data/failure'
import { classes } from '../../../ui/classes'
import { useHydrated } from '../../../ui/clock'
import { formatInstant } from '../../../ui/format'
import { Notice } from '../../../ui/notice'
import { boxNames, type WaitReason, waitText } from '../wait-texts'
import { targetSummary } from './target-texts'

/** Which boxes the job would meet as they are now, and why it would wait for the others. The summary is read out when it changes. */
export function TargetReport({
  view,
  failure,
  unread,
}: {
  view: TargetView | undefined
  failure?: Failure | undefined
  /** Requirements that are not finished. */
  unread: readonly string[]
}) {
  return (
    <section
      aria-label="Boxes for this job"
      className="flex flex-col gap-2 rounded-md border border-line bg-sunken/50 p-3"
    >
      <p role="status" aria-label="Fitting boxes" className="min-h-5 font-medium">
        {view ? targetSummary(view) : failure ? 'It is not known which boxes fit.' : 'Looking at the boxes …'}
      </p>
      {unread.length > 0 && (
        <p className="text-xs text-muted wrap-anywhere">Not counted, since it is not complete: {unread.join(', ')}</p>
      )}
      {failure && (
        <Notice tone="warn" title="Not up to date.">
          {failure.message}
        </Notice>
      )}
      {view && (
        <ul className="flex flex-col gap-1">
          {view.free.length > 0 && <Line mark="good" text="Free now" boxes={view.free} />}
          {view.later.map((reason) => (
            <Reason key={keyOf(reason)} mark="warn" reason={reason} />
          ))}
          {view.unfit.map((reason) => (
            <Reason key={keyOf(reason)} mark="muted" reason={reason} />
          ))}
        </ul>
      )}
    </section>
  )
}

const MARKS = {
  good: 'border-good bg-good',
  warn: 'border-warn bg-transparent',
  muted: 'border-line-strong border-dashed bg-transparent',
}

const keyOf = ({ code, detail }: WaitReason) => `${code} ${detail}`

function Reason({ mark, reason }: { mark: keyof typeof MARKS; reason: WaitReason }) {
  const zone = useHydrated() ? 'local' : 'UTC'
  return <Line mark={mark} text={waitText(reason, (at) => formatInstant(at, zone))} boxes={reason.boxes} />
}

function Line({ mark, text, boxes }: { mark: keyof typeof MARKS; text: string; boxes: readonly string[] }) {
  return (
    <li className="flex min-w-0 items-baseline gap-2">
      <span aria-hidden="true" className={classes('size-2 shrink-0 rounded-full border-2', MARKS[mark])} />
      <span className="min-w-0 wrap-anywhere">
        {text}
        <span className="text-muted" title={boxes.join(', ')}>
          {' '}
          – {boxNames(boxes)}
        </span>
      </span>
    </li>
  )
}
