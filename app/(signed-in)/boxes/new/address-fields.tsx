'use client'

import type { ReactNode } from 'react'
import { Field, inputClasses } from '../../../ui/field'
import type { FieldErrors } from '../../jobs/new/draft'
import type { BoxDraft } from './box-draft'

/** Where a box stands and what opens it. `tokenHint` says what an empty token means. */
export function AddressFields({
  draft,
  change,
  errors,
  tokenHint,
}: {
  draft: BoxDraft
  change: (part: Partial<BoxDraft>) => void
  errors: FieldErrors
  tokenHint: ReactNode
}) {
  const port = (field: 'pythonPort' | 'httpPort', label: string, placeholder: string, hint: string) => (
    <Field label={label} hint={hint} error={errors[field]}>
      {(props) => (
        <input
          {...props}
          value={draft[field]}
          inputMode="numeric"
          placeholder={placeholder}
          onChange={(event) => change({ [field]: event.target.value })}
          className={inputClasses()}
        />
      )}
    </Field>
  )
  return (
    <>
      <div className="grid gap-5 sm:grid-cols-[minmax(0,1fr)_10rem_10rem]">
        <Field label="Address" hint="A host name or an IP address." error={errors.host}>
          {(props) => (
            <input
              {...props}
              value={draft.host}
              autoComplete="off"
              spellCheck={false}
              placeholder="bench-7.lab.example"
              onChange={(event) => change({ host: event.target.value })}
              className={inputClasses()}
            />
          )}
        </Field>
        {port('pythonPort', 'Python port', '5000', 'Runs scripts.')}
        {port('httpPort', 'Second port', '9000', 'Status, nets, lock.')}
      </div>
      <Field label="Token" hint={tokenHint} error={errors.token}>
        {(props) => (
          <input
            {...props}
            type="password"
            value={draft.token}
            autoComplete="new-password"
            onChange={(event) => change({ token: event.target.value })}
            className={inputClasses('max-w-lg')}
          />
        )}
      </Field>
    </>
  )
}
