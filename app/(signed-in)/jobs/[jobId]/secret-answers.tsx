'use client'

import type { Changes } from '../../../../core/jobs/submission'
import { Field, inputClasses } from '../../../ui/field'
import { Toggle } from '../../../ui/toggle'
import { NOT_A_LOGIN } from '../new/secret-fields'

/** What was answered for each secret; null: run without it. */
export type Answers = Record<string, string | null>

/** What was not answered is not sent, so that the server says which are missing. */
export function toSecrets(names: readonly string[], answers: Answers): NonNullable<Changes['secrets']> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = answers[name]
      return value === undefined || value === '' ? [] : [[name, value]]
    }),
  )
}

/** Asks for the value of each secret of a job that was. The inputs have no names and stand outside of any storage. */
export function SecretAnswers({
  names,
  answers,
  onChange,
  errors,
}: {
  names: readonly string[]
  answers: Answers
  onChange: (answers: Answers) => void
  errors: Record<string, string>
}) {
  return names.map((name) => {
    const value = answers[name]
    const answer = (value: string | null) => onChange({ ...answers, [name]: value })
    return (
      <Field key={name} label={name} error={value === null ? undefined : errors[`secrets.${name}`]}>
        {(props) => (
          <div className="flex items-center gap-2">
            <input
              {...NOT_A_LOGIN}
              {...props}
              type="password"
              spellCheck={false}
              disabled={value === null}
              placeholder={value === null ? 'the script runs without it' : 'value'}
              value={value ?? ''}
              onChange={(event) => answer(event.target.value)}
              className={inputClasses('font-mono text-[0.8125rem]')}
            />
            <Toggle pressed={value === null} onPressed={(without) => answer(without ? null : '')}>
              {`Without ${name}`}
            </Toggle>
          </div>
        )}
      </Field>
    )
  })
}
