import type { Draft, FieldErrors } from './draft'
import { EntryList } from './list-fields'

/** Which files the job keeps besides those that the script puts where they are always kept. */
export function ArtifactFields({
  draft,
  change,
  errors,
}: {
  draft: Draft
  change: (part: Partial<Draft>) => void
  errors: FieldErrors
}) {
  return (
    <>
      <p className="text-muted">
        Everything that the script writes below the folder <Code>$STOUT_ARTIFACTS</Code> is kept when it ends, however
        it ends: <Code>os.environ["STOUT_ARTIFACTS"]</Code> in Python.
      </p>
      <EntryList
        title="Keep other files, too"
        one="Pattern"
        hint={
          <>
            Below the job's own directory: <Code>*.log</Code>, <Code>out/*.csv</Code>, <Code>reports/**</Code> with all
            folders below.
          </>
        }
        entries={draft.globs}
        onChange={(globs) => change({ globs })}
        errors={errors}
        field="globs"
      />
      <label className="flex items-start gap-2">
        <input
          type="checkbox"
          checked={draft.lagerOutput}
          onChange={(event) => change({ lagerOutput: event.target.checked })}
          className="mt-0.5 size-4 shrink-0 accent-accent"
        />
        <span>
          Keep what the script left in Lager's own output folders
          <span className="block text-xs text-muted">
            What is new or changed since its start in lager-output, lager-results and lager-job-output.
          </span>
        </span>
      </label>
    </>
  )
}

function Code({ children }: { children: string }) {
  return <code className="rounded bg-sunken px-1 font-mono text-xs">{children}</code>
}
