'use client'

import { Field, inputClasses } from '../../../../ui/field'
import { entryOf, type ListedFile, pythonFiles } from './content'

const HINT = "The file that is run, with the bundle's root as its directory."

/** Of a bundle that is kept from an earlier job only the server knows the files. */
export function KeptEntryPoint({
  entry,
  onEntry,
  error,
}: {
  entry: string
  onEntry: (entry: string) => void
  error: string | undefined
}) {
  return (
    <Field label="Entry point" hint={HINT} error={error}>
      {(props) => (
        <input
          {...props}
          value={entry}
          autoComplete="off"
          spellCheck={false}
          onChange={(event) => onEntry(event.target.value)}
          className={inputClasses('max-w-lg font-mono text-[0.8125rem]')}
        />
      )}
    </Field>
  )
}

/** The choice of the file that is run, among those of a bundle that can be. */
export function EntryPoint({
  files,
  entry,
  onEntry,
  error,
}: {
  files: readonly ListedFile[]
  entry: string
  onEntry: (entry: string) => void
  error: string | undefined
}) {
  const candidates = pythonFiles(files)
  const none = candidates.length === 0 ? 'There is no Python file (.py) in it.' : undefined
  return (
    <Field label="Entry point" hint={HINT} error={none ?? error}>
      {(props) => (
        <select
          {...props}
          value={entryOf(entry, files)}
          disabled={candidates.length === 0}
          onChange={(event) => onEntry(event.target.value)}
          className={inputClasses('max-w-lg font-mono text-[0.8125rem]')}
        >
          <option value="">Choose …</option>
          {candidates.map((path) => (
            <option key={path} value={path}>
              {path}
            </option>
          ))}
        </select>
      )}
    </Field>
  )
}
