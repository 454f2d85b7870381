'use client'

import { Field, inputClasses } from '../../../ui/field'
import type { FieldErrors } from '../../jobs/new/draft'
import { PairList } from '../../jobs/new/list-fields'
import type { BoxDraft } from './box-draft'

/** What people decide about a box: what it is called, which jobs it is for, and how many at a time. */
export function DecisionFields({
  draft,
  change,
  errors,
}: {
  draft: BoxDraft
  change: (part: Partial<BoxDraft>) => void
  errors: FieldErrors
}) {
  const text = (field: 'name' | 'groups' | 'slots', label: string, hint: string) => (
    <Field label={label} hint={hint} error={errors[field]}>
      {(props) => (
        <input
          {...props}
          value={draft[field]}
          autoComplete="off"
          spellCheck={false}
          {...(field === 'slots' && { inputMode: 'numeric' as const, placeholder: '1' })}
          onChange={(event) => change({ [field]: event.target.value })}
          className={inputClasses(field === 'slots' ? 'max-w-40' : 'max-w-lg')}
        />
      )}
    </Field>
  )
  return (
    <>
      {text('name', 'Name', 'What jobs call it.')}
      {text('groups', 'Groups', 'Separated by commas; a job can target a group.')}
      <PairList
        title="Labels"
        one="Label"
        hint="What jobs can require: dut=nrf52840"
        pairs={draft.labels}
        onChange={(labels) => change({ labels })}
        errors={errors}
        field="labels"
      />
      {text('slots', 'Slots', 'How many jobs it runs at a time.')}
    </>
  )
}
