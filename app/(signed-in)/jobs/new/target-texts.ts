import type { TargetView } from '../../../../core/placement/see-target'
import { formatCountOf } from '../../../ui/format'
import { type WaitReason, waitText } from '../wait-texts'

/** What the job would meet, in one line: `2 of 3 boxes fit; 1 is free now.` */
export function targetSummary({ boxes, free, later, nothing }: TargetView): string {
  if (nothing) return `${waitText(nothing, String)}.`
  const fit = free.length + count(later)
  if (fit === 0) return boxes === 1 ? 'The box does not fit.' : `None of ${formatCountOf(boxes, 'box', 'boxes')} fits.`
  const isFree = free.length === 0 ? 'none is free now' : `${free.length} ${free.length === 1 ? 'is' : 'are'} free now`
  if (boxes === 1) return free.length === 1 ? 'The box fits and is free now.' : 'The box fits, but is not free now.'
  return `${fit} of ${formatCountOf(boxes, 'box', 'boxes')} ${fit === 1 ? 'fits' : 'fit'}; ${isFree}.`
}

/** What stands beside each box where one is chosen, by its name. */
export function boxStandings({ free, later, unfit }: TargetView, clock: (at: string) => string): BoxStanding[] {
  const standing = (kind: BoxStanding['kind']) => (reason: WaitReason) =>
    reason.boxes.map((name) => ({ name, kind, why: waitText(reason, clock) }))
  const all: BoxStanding[] = [
    ...free.map((name) => ({ name, kind: 'free' as const, why: 'Free now' })),
    ...later.flatMap(standing('later')),
    ...unfit.flatMap(standing('unfit')),
  ]
  return all.sort((a, b) => (a.name < b.name ? -1 : 1))
}
export type BoxStanding = { name: string; kind: 'free' | 'later' | 'unfit'; why: string }

const count = (reasons: readonly WaitReason[]) => reasons.reduce((sum, { boxes }) => sum + boxes.length, 0)
