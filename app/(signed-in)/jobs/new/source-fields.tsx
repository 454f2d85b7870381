'use client'

import { classes } from '../../../ui/classes'
import { BundleField } from './bundle/bundle-field'
import type { BundleUpload } from './bundle/bundle-upload'
import type { BundleLimits } from './bundle/content'
import type { Draft, FieldErrors } from './draft'
import { ScriptEditor } from './script-editor'

const SOURCES = [
  { source: 'script', label: 'A script', what: 'One Python file, written or loaded here.' },
  { source: 'bundle', label: 'A bundle', what: 'A folder or a zip: packages, data files and all.' },
] as const

/** What the job runs. */
export function SourceFields({
  draft,
  change,
  errors,
  upload,
  scriptBytes,
  bundleLimits,
}: {
  draft: Draft
  change: (part: Partial<Draft>) => void
  errors: FieldErrors
  upload: BundleUpload
  scriptBytes: number
  bundleLimits: BundleLimits
}) {
  return (
    <>
      <fieldset>
        <legend className="mb-2 font-medium">What it runs</legend>
        <div className="grid gap-2 sm:grid-cols-2">
          {SOURCES.map(({ source, label, what }) => (
            <label
              key={source}
              className={classes(
                'flex items-start gap-2.5 rounded-md border px-3 py-2',
                draft.source === source ? 'border-accent bg-accent/5' : 'border-line hover:bg-sunken/60',
              )}
            >
              <input
                type="radio"
                name="source"
                value={source}
                aria-label={label}
                checked={draft.source === source}
                onChange={() => change({ source })}
                className="mt-0.5 size-4 shrink-0 accent-accent"
              />
              <span>
                <span className="font-medium">{label}</span>
                <span className="block text-xs text-muted">{what}</span>
              </span>
            </label>
          ))}
        </div>
      </fieldset>
      {draft.source === 'script' ? (
        <ScriptEditor
          value={draft.script}
          onChange={(script) => change({ script })}
          onFile={(name) => change(draft.name === '' ? { name } : {})}
          maxBytes={scriptBytes}
          error={errors.script}
        />
      ) : (
        <BundleField
          upload={upload}
          limits={bundleLimits}
          entry={draft.entry}
          onEntry={(entry) => change({ entry })}
          errors={{ bundle: errors.bundle, entry: errors.entry }}
        />
      )}
    </>
  )
}
