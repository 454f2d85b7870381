'use client'

import { useState } from 'react'
import { Toggle } from '../../../ui/toggle'
import type { FieldErrors, Pair } from './draft'
import { PairList } from './list-fields'

/** Keeps browsers and password managers from offering to fill in or to save what is no password of the reader's. */
export const NOT_A_LOGIN = {
  autoComplete: 'off',
  'data-1p-ignore': true,
  'data-lpignore': 'true',
  'data-bwignore': true,
}

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
  return (
    <PairList
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
      pairs={secrets}
      onChange={onChange}
      value={{ ...NOT_A_LOGIN, type: revealed ? 'text' : 'password' }}
      actions={
        secrets.length > 0 && (
          <Toggle pressed={revealed} onPressed={setRevealed}>
            Show values
          </Toggle>
        )
      }
    />
  )
}
