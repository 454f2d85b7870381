'use client'

import { useState } from 'react'
import { inputClasses } from '../../../ui/field'
import { Toggle } from '../../../ui/toggle'
import type { FieldErrors, Pair } from './draft'
import { Lines } from './list-fields'

/** Keeps browsers and password managers from offering to fill in or to save what is no password of the reader's. */
const NOT_A_LOGIN = { autoComplete: 'off', 'data-1p-ignore': true, 'data-lpignore': 'true', 'data-bwignore': true }

/**
 * Names with values that nobody sees: they go to the script alone. The inputs have no names and stand outside of any storage,
 * so that neither a form without JavaScript nor a restored page carries a value along.
 */
export function SecretFields({
  secrets,
  onChange,
  errors,
}: {
  secrets: Pair[]
  onChange: (secrets: Pair[]) => void
  errors: FieldErrors
}) {
  const [revealed, setRevealed] = useState(false)
  const edit = (id: number, part: Partial<Pair>) =>
    onChange(secrets.map((pair) => (pair.id === id ? { ...pair, ...part } : pair)))
  return (
    <Lines
      title="Secrets"
      one="Secret"
      hint={
        <>
          The script finds them in its environment. Their values are masked in its log, shown on no page, and kept
          encrypted until the job ends; a rerun asks for them again. At least 4 bytes each.
        </>
      }
      errors={errors}
      field="secrets"
      lines={secrets}
      onAdd={(id) => onChange([...secrets, { id, key: '', value: '' }])}
      onRemove={(id) => onChange(secrets.filter((pair) => pair.id !== id))}
      actions={
        secrets.length > 0 && (
          <Toggle pressed={revealed} onPressed={setRevealed}>
            Show values
          </Toggle>
        )
      }
    >
      {({ id, key, value }, name, isNew, described) => (
        <>
          <input
            aria-label={`${name} name`}
            {...described}
            // biome-ignore lint/a11y/noAutofocus: whoever adds a line is about to fill it
            autoFocus={isNew}
            placeholder="name"
            value={key}
            autoComplete="off"
            spellCheck={false}
            onChange={(event) => edit(id, { key: event.target.value })}
            className={inputClasses('font-mono text-[0.8125rem] sm:max-w-60')}
          />
          <span aria-hidden="true" className="self-center text-muted">
            =
          </span>
          <input
            {...NOT_A_LOGIN}
            type={revealed ? 'text' : 'password'}
            aria-label={`${name} value`}
            placeholder="value"
            value={value}
            spellCheck={false}
            onChange={(event) => edit(id, { value: event.target.value })}
            className={inputClasses('font-mono text-[0.8125rem]')}
          />
        </>
      )}
    </Lines>
  )
}
