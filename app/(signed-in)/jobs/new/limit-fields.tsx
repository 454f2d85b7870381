import type { LIMITS } from '../../../../core/jobs/limits'
import { Field, inputClasses } from '../../../ui/field'
import { formatDuration } from '../../../ui/format'
import type { Draft, FieldErrors } from './draft'

const FIELDS = [
  { field: 'timeoutSeconds', label: 'Timeout (seconds)', what: 'The script is ended after this.' },
  { field: 'queueTimeoutSeconds', label: 'Queue timeout (seconds)', what: 'How long it may wait for a box.' },
  {
    field: 'noOutputTimeoutSeconds',
    label: 'Silence timeout (seconds)',
    what: 'Ended when it prints nothing for so long.',
  },
  { field: 'graceSeconds', label: 'Grace period (seconds)', what: 'From SIGTERM to SIGKILL when it is ended.' },
] as const

/** The clocks of a job, in seconds; beside them what that is in hours and days. */
export function LimitFields({
  draft,
  change,
  errors,
  limits,
}: {
  draft: Draft
  change: (part: Partial<Draft>) => void
  errors: FieldErrors
  limits: typeof LIMITS
}) {
  return (
    <div className="grid gap-5 sm:grid-cols-2 lg:grid-cols-4">
      {FIELDS.map(({ field, label, what }) => (
        <Field
          key={field}
          label={label}
          error={errors[field]}
          hint={`${what} ${inWords(draft[field], limits[field].default)}`}
        >
          {(props) => (
            <input
              {...props}
              inputMode="numeric"
              autoComplete="off"
              placeholder={String(limits[field].default ?? 'none')}
              value={draft[field]}
              onChange={(event) => change({ [field]: event.target.value })}
              className={inputClasses()}
            />
          )}
        </Field>
      ))}
    </div>
  )
}

function inWords(text: string, fallback: number | null): string {
  const given = Number(text)
  if (text.trim() === '') return fallback === null ? 'Default: never.' : `Default: ${formatDuration(fallback * 1_000)}.`
  return Number.isFinite(given) && given >= 0 ? `= ${formatDuration(given * 1_000)}.` : ''
}
