'use client'

import { useRouter } from 'next/navigation'
import { type DragEvent, useEffect, useRef, useState } from 'react'
import type { LIMITS } from '../../../../core/jobs/limits'
import { Button } from '../../../ui/button'
import { useHydrated } from '../../../ui/clock'
import { Field, inputClasses } from '../../../ui/field'
import { Notice } from '../../../ui/notice'
import { jobPath } from '../../../ui/paths'
import { ArtifactFields } from './artifact-fields'
import type { BundleUpload } from './bundle/bundle-upload'
import type { BundleLimits } from './bundle/content'
import { fromDrop, isBundle } from './bundle/folder'
import type { StoredBundle } from './bundle/send-bundle'
import { useBundleUpload } from './bundle/use-bundle-upload'
import { type Draft, EMPTY_DRAFT, type FieldErrors } from './draft'
import { LimitFields } from './limit-fields'
import { EntryList, PairList } from './list-fields'
import { draftOf } from './rerun-draft'
import { SecretFields } from './secret-fields'
import { Section } from './section'
import { SourceFields } from './source-fields'
import { TargetFields } from './target-fields'
import { type Rerun, useSubmit } from './use-submit'

/** Describes a job and submits it. The server decides what is right; what it refuses is shown at its field. */
export function NewJobForm({
  limits,
  bundleLimits,
  rerun,
}: {
  limits: typeof LIMITS
  bundleLimits: BundleLimits
  /** The job that it begins with, when that is run again; `kept` is its bundle. */
  rerun?: Rerun & { kept?: StoredBundle }
}) {
  const router = useRouter()
  const [draft, setDraft] = useState(rerun ? draftOf(rerun.submitted) : EMPTY_DRAFT)
  const change = (part: Partial<Draft>) => setDraft((before) => ({ ...before, ...part }))
  const upload = useBundleUpload(bundleLimits, rerun?.kept)
  const { submit, busy, errors, failure } = useSubmit(draft, upload, rerun, (jobId) => router.push(jobPath(jobId)))
  const drop = useDrop(upload, bundleLimits, () => change({ source: 'bundle' }))
  const form = useFocusOnFirstError(errors)
  const hydrated = useHydrated() // what is typed before that would be shown, but not sent
  return (
    <form
      {...drop}
      ref={form}
      inert={!hydrated}
      method="post"
      noValidate
      onSubmit={submit}
      className="flex flex-col gap-4"
    >
      <Section title="Job">
        <Field
          label="Name"
          hint={`Shown in lists; ${draft.source === 'bundle' ? "the bundle's name" : '“script”'} when left empty.`}
          error={errors.name}
        >
          {(props) => (
            <input
              {...props}
              value={draft.name}
              onChange={(event) => change({ name: event.target.value })}
              className={inputClasses('max-w-lg')}
            />
          )}
        </Field>
        <SourceFields
          draft={draft}
          change={change}
          errors={errors}
          upload={upload}
          scriptBytes={limits.scriptBytes}
          bundleLimits={bundleLimits}
        />
        <EntryList
          title="Arguments"
          one="Argument"
          hint="Each is one element of sys.argv, spaces and all."
          entries={draft.args}
          onChange={(args) => change({ args })}
          errors={errors}
          field="args"
        />
      </Section>
      <Section title="Where it runs">
        <TargetFields draft={draft} change={change} errors={errors} />
      </Section>
      <Section title="Environment, secrets and labels">
        <PairList
          title="Environment variables"
          one="Variable"
          pairs={draft.env}
          onChange={(env) => change({ env })}
          errors={errors}
          field="env"
        />
        <SecretFields secrets={draft.secrets} onChange={(secrets) => change({ secrets })} errors={errors} />
        <PairList
          title="Labels"
          one="Label"
          hint="To find the job again: team=firmware"
          pairs={draft.labels}
          onChange={(labels) => change({ labels })}
          errors={errors}
          field="labels"
        />
      </Section>
      <Section title="Artifacts">
        <ArtifactFields draft={draft} change={change} errors={errors} />
      </Section>
      <Section title="Limits">
        <LimitFields draft={draft} change={change} errors={errors} limits={limits} />
      </Section>
      <div className="sticky bottom-0 -mx-4 flex flex-wrap items-center gap-3 border-t border-line bg-canvas px-4 py-3">
        <Button type="submit" look="primary" disabled={busy}>
          {busyText(busy, draft, upload)}
        </Button>
        {failure && <Notice tone="bad">{failure}</Notice>}
      </div>
    </form>
  )
}

function busyText(busy: boolean, { source }: Draft, { state }: BundleUpload): string {
  if (!busy) return 'Submit job'
  return source === 'bundle' && state.phase !== 'ready' ? 'Waiting for the upload …' : 'Submitting …'
}

/**
 * A folder or a zip may be dropped anywhere on the form. A drop that misses the page's targets would make the browser show the
 * file in place of the page, and what was filled in would be lost: it does nothing.
 */
function useDrop(upload: BundleUpload, { entries }: BundleLimits, onBundle: () => void) {
  useEffect(() => {
    const keepPage = (event: globalThis.DragEvent) => event.preventDefault()
    window.addEventListener('dragover', keepPage)
    window.addEventListener('drop', keepPage)
    return () => {
      window.removeEventListener('dragover', keepPage)
      window.removeEventListener('drop', keepPage)
    }
  }, [])
  return {
    onDrop(event: DragEvent) {
      if (event.defaultPrevented || !isBundle(event.dataTransfer)) return
      event.preventDefault()
      onBundle()
      upload.take(fromDrop(event.dataTransfer, entries))
    },
  }
}

/** Whoever submitted something wrong finds the focus on the first field that says so. */
function useFocusOnFirstError(errors: FieldErrors) {
  const form = useRef<HTMLFormElement>(null)
  useEffect(() => {
    if (Object.keys(errors).length > 0) form.current?.querySelector<HTMLElement>('[aria-invalid=true]')?.focus()
  }, [errors])
  return form
}
