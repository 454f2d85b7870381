'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { type FormEvent, useEffect, useRef, useState } from 'react'
import type { LIMITS } from '../../../../core/jobs/submission'
import { failureOf } from '../../../data/failure'
import { leaveWhenSignedOut, useTRPC } from '../../../data/trpc'
import { Button } from '../../../ui/button'
import { useHydrated } from '../../../ui/clock'
import { Field, inputClasses } from '../../../ui/field'
import { Notice } from '../../../ui/notice'
import { jobPath } from '../../../ui/paths'
import { type Draft, draftErrors, type FieldErrors, fieldErrors, toSubmission } from './draft'
import { LimitFields } from './limit-fields'
import { EntryList, PairList } from './list-fields'
import { ScriptEditor } from './script-editor'
import { Section } from './section'
import { TargetFields } from './target-fields'

const EMPTY: Draft = {
  ...{ name: '', script: '', target: 'any', box: '', group: '' },
  ...{ requires: [], args: [], env: [], labels: [] },
  ...{ timeoutSeconds: '', queueTimeoutSeconds: '', graceSeconds: '' },
}

/** Describes a job and submits it. The server decides what is right; what it refuses is shown at its field. */
export function NewJobForm({ limits }: { limits: typeof LIMITS }) {
  const router = useRouter()
  const [draft, setDraft] = useState(EMPTY)
  const change = (part: Partial<Draft>) => setDraft((before) => ({ ...before, ...part }))
  const { submit, busy, errors, failure } = useSubmit(draft, (jobId) => router.push(jobPath(jobId)))
  const form = useFocusOnFirstError(errors)
  const hydrated = useHydrated() // what is typed before that would be shown, but not sent
  return (
    <form ref={form} inert={!hydrated} method="post" noValidate onSubmit={submit} className="flex flex-col gap-4">
      <Section title="Job">
        <Field label="Name" hint="Shown in lists; “script” when left empty." error={errors.name}>
          {(props) => (
            <input
              {...props}
              value={draft.name}
              onChange={(event) => change({ name: event.target.value })}
              className={inputClasses('max-w-lg')}
            />
          )}
        </Field>
        <ScriptEditor
          value={draft.script}
          onChange={(script) => change({ script })}
          onFile={(name) => change(draft.name === '' ? { name } : {})}
          maxBytes={limits.scriptBytes}
          error={errors.script}
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
      <Section title="Environment and labels">
        <PairList
          title="Environment variables"
          one="Variable"
          pairs={draft.env}
          onChange={(env) => change({ env })}
          errors={errors}
          field="env"
        />
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
      <Section title="Limits">
        <LimitFields draft={draft} change={change} errors={errors} limits={limits} />
      </Section>
      <div className="sticky bottom-0 -mx-4 flex flex-wrap items-center gap-3 border-t border-line bg-canvas px-4 py-3">
        <Button type="submit" look="primary" disabled={busy}>
          {busy ? 'Submitting …' : 'Submit job'}
        </Button>
        {failure && <Notice tone="bad">{failure}</Notice>}
      </div>
    </form>
  )
}

function useSubmit(draft: Draft, onSubmitted: (jobId: string) => void) {
  const trpc = useTRPC()
  const [errors, setErrors] = useState<FieldErrors>({})
  const mutation = useMutation(
    trpc.jobs.submit.mutationOptions({
      onSuccess: ({ id }) => onSubmitted(id),
      onError: (error) => {
        leaveWhenSignedOut(error)
        setErrors(fieldErrors(failureOf(error).issues, draft))
      },
    }),
  )
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const found = draftErrors(draft)
    setErrors(found)
    if (Object.keys(found).length === 0) mutation.mutate(toSubmission(draft))
  }
  const wrong = Object.keys(errors).length
  const failure = wrong
    ? 'Not submitted: look at the fields marked above.'
    : mutation.error && failureOf(mutation.error).message
  return { submit, errors, failure, busy: mutation.isPending || mutation.isSuccess }
}

/** Whoever submitted something wrong finds the focus on the first field that says so. */
function useFocusOnFirstError(errors: FieldErrors) {
  const form = useRef<HTMLFormElement>(null)
  useEffect(() => {
    if (Object.keys(errors).length > 0) form.current?.querySelector<HTMLElement>('[aria-invalid=true]')?.focus()
  }, [errors])
  return form
}
