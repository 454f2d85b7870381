'use client'

import type { ReactNode } from 'react'
import { useHydrated } from '../../../ui/clock'
import { Field, inputClasses } from '../../../ui/field'
import { formatInstant } from '../../../ui/format'
import { type BoxStanding, boxStandings } from './target-texts'
import { useTargetView } from './use-target-view'

type ChoiceProps = { value: string; onChange: (value: string) => void; invalid: boolean }

const KINDS = [
  { kind: 'free', label: 'Free now' },
  { kind: 'later', label: 'Fit, but not free now' },
  { kind: 'unfit', label: 'Do not fit' },
] as const

/** Any box of the organisation, those first that could take the job now, and with each other one why it could not. */
export function BoxChoice({ requires, ...choice }: ChoiceProps & { requires: string[] }) {
  const zone = useHydrated() ? 'local' : 'UTC'
  const { view } = useTargetView({ target: { any: true }, requires })
  const boxes = view ? boxStandings(view, (at) => formatInstant(at, zone)) : []
  return (
    <Choice label="Box" {...choice} known={boxes.map(({ name }) => name)}>
      {KINDS.map(({ kind, label }) => (
        <Standing key={kind} label={label} boxes={boxes.filter((box) => box.kind === kind)} />
      ))}
    </Choice>
  )
}

function Standing({ label, boxes }: { label: string; boxes: BoxStanding[] }) {
  if (boxes.length === 0) return null
  return (
    <optgroup label={label}>
      {boxes.map(({ name, kind, why }) => (
        <option key={name} value={name}>
          {kind === 'free' ? name : `${name} (${why})`}
        </option>
      ))}
    </optgroup>
  )
}

export function GroupChoice({ groups, ...choice }: ChoiceProps & { groups: readonly string[] }) {
  return (
    <Choice label="Group" {...choice} known={groups}>
      {groups.map((name) => (
        <option key={name} value={name}>
          {name}
        </option>
      ))}
    </Choice>
  )
}

/** `known` are the values that can be chosen; one that is not among them stays, since the server has the last word. */
function Choice({
  label,
  value,
  onChange,
  invalid,
  known,
  children,
}: ChoiceProps & { label: string; known: readonly string[]; children: ReactNode }) {
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
          {value !== '' && !known.includes(value) && <option value={value}>{value}</option>}
          {children}
        </select>
      )}
    </Field>
  )
}
