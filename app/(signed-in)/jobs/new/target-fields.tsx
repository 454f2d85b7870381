'use client'

import { useQuery } from '@tanstack/react-query'
import { useId } from 'react'
import type { BoxView } from '../../../../core/boxes/list-boxes'
import { useTRPC } from '../../../data/trpc'
import { useLiveQueries } from '../../../live/use-live'
import { useHydrated } from '../../../ui/clock'
import { Field, FieldError, inputClasses } from '../../../ui/field'
import { BOXES_OFFERED } from './boxes-offered'
import type { Draft, FieldErrors } from './draft'
import { EntryList } from './list-fields'

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
          <Choice
            label="Box"
            value={draft.box}
            options={boxes.map((box) => ({ value: box.name, label: `${box.name} (${availability(box)})` }))}
            onChange={(box) => change({ box })}
            invalid={Boolean(errors.target)}
          />
        )}
        {draft.target === 'group' && (
          <Choice
            label="Group"
            value={draft.group}
            options={groups.map((name) => ({ value: name, label: name }))}
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
        suggestions={requirementsOf(boxes)}
      />
    </>
  )
}

function Choice({
  label,
  value,
  options,
  onChange,
  invalid,
}: {
  label: string
  value: string
  options: { value: string; label: string }[]
  onChange: (value: string) => void
  invalid: boolean
}) {
  return (
    <Field label={label}>
      {(props) => (
        <select
          {...props}
          {...(invalid && { 'aria-invalid': true })}
          value={value}
          onChange={(event) => onChange(event.target.value)}
          className={inputClasses('max-w-lg')}
        >
          <option value="">Choose …</option>
          {value !== '' && !options.some((option) => option.value === value) && <option value={value}>{value}</option>}
          {options.map((option) => (
            <option key={option.value} value={option.value}>
              {option.label}
            </option>
          ))}
        </select>
      )}
    </Field>
  )
}

function availability(box: BoxView): string {
  if (box.status !== 'online') return box.status
  return box.leases.length >= box.slots ? 'online, busy' : 'online, free'
}

/** What the boxes that there are could meet. */
function requirementsOf(boxes: readonly BoxView[]): string[] {
  const labels = boxes.flatMap((box) => Object.entries(box.labels).map(([key, value]) => `${key}=${value}`))
  const nets = boxes.flatMap((box) => box.nets.map((net) => `net:${net.type}`))
  return [...new Set([...labels, ...nets])].sort()
}
