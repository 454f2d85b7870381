'use client'

import { useQuery } from '@tanstack/react-query'
import { useId } from 'react'
import type { BoxView } from '../../../../core/boxes/list-boxes'
import { useTRPC } from '../../../data/trpc'
import { useLiveQueries } from '../../../live/use-live'
import { useHydrated } from '../../../ui/clock'
import { FieldError } from '../../../ui/field'
import { BOXES_OFFERED } from './boxes-offered'
import type { Draft, FieldErrors } from './draft'
import { EntryList } from './list-fields'
import { askOf, requirementsOf } from './target-ask'
import { BoxChoice, GroupChoice } from './target-choices'
import { TargetReport } from './target-report'
import { useTargetView } from './use-target-view'

const KINDS = [
  { kind: 'any', label: 'Any box that fits' },
  { kind: 'box', label: 'A certain box' },
  { kind: 'group', label: 'A box of a group' },
] as const

/** Which boxes the job may run on, and what they must have. */
export function TargetFields({
  draft,
  change,
  errors,
}: {
  draft: Draft
  change: (part: Partial<Draft>) => void
  errors: FieldErrors
}) {
  const id = useId()
  const trpc = useTRPC()
  const known = useQuery(trpc.boxes.list.queryOptions(BOXES_OFFERED)).data?.items
  const boxes = (useHydrated() && known) || [] // the form works without them, so the server does not wait for them
  useLiveQueries('boxes', [trpc.boxes.list.queryFilter(BOXES_OFFERED)])
  const { read, unread } = requirementsOf(draft)
  const asked = askOf(draft)
  const { view, failure } = useTargetView(asked)
  const groups = [...new Set(boxes.flatMap((box) => box.groups))].sort()
  return (
    <>
      <fieldset className="flex flex-col gap-3" aria-describedby={`${id}-error`}>
        <legend className="mb-2 font-medium">Target</legend>
        <div className="flex flex-wrap gap-x-6 gap-y-2">
          {KINDS.map(({ kind, label }) => (
            <label key={kind} className="flex items-center gap-2">
              <input
                type="radio"
                name="target"
                value={kind}
                checked={draft.target === kind}
                onChange={() => change({ target: kind })}
                className="size-4 accent-accent"
              />
              {label}
            </label>
          ))}
        </div>
        {draft.target === 'box' && (
          <BoxChoice
            value={draft.box}
            requires={read}
            onChange={(box) => change({ box })}
            invalid={Boolean(errors.target)}
          />
        )}
        {draft.target === 'group' && (
          <GroupChoice
            value={draft.group}
            groups={groups}
            onChange={(group) => change({ group })}
            invalid={Boolean(errors.target)}
          />
        )}
        <FieldError id={`${id}-error`} error={errors.target} />
      </fieldset>
      <EntryList
        title="Requirements"
        one="Requirement"
        hint="A label (dut=nrf52840) or nets of a type (net:UART, net:UART>=2). The box must meet all of them."
        entries={draft.requires}
        onChange={(requires) => change({ requires })}
        errors={errors}
        field="requires"
        suggestions={offeredBy(boxes)}
      />
      {asked && <TargetReport view={view} failure={failure} unread={unread} />}
    </>
  )
}

/** What the boxes that there are could meet. */
function offeredBy(boxes: readonly BoxView[]): string[] {
  const labels = boxes.flatMap((box) => Object.entries(box.labels).map(([key, value]) => `${key}=${value}`))
  const nets = boxes.flatMap((box) => box.nets.map((net) => `net:${net.type}`))
  return [...new Set([...labels, ...nets])].sort()
}
