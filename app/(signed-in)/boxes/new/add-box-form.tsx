'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { type FormEvent, useState } from 'react'
import { failureOf } from '../../../data/failure'
import { leaveWhenSignedOut, useTRPC } from '../../../data/trpc'
import { Button } from '../../../ui/button'
import { useHydrated } from '../../../ui/clock'
import { Notice } from '../../../ui/notice'
import { boxPath } from '../../../ui/paths'
import type { FieldErrors } from '../../jobs/new/draft'
import { Section } from '../../jobs/new/section'
import { AddressFields } from './address-fields'
import { type BoxDraft, boxErrors, toAddress, toDecisions } from './box-draft'
import { DecisionFields } from './decision-fields'
import { ProbeLines } from './probe-report'

const EMPTY: BoxDraft = {
  ...{ host: '', pythonPort: '', httpPort: '', token: '', name: '', slots: '', groups: '' },
  labels: [],
}

/** Adds a box: first it is looked at, everything that was found is shown, and then it can be saved. */
export function AddBoxForm() {
  const [draft, setDraft] = useState(EMPTY)
  const [errors, setErrors] = useState<FieldErrors>({})
  const change = (part: Partial<BoxDraft>) => setDraft((before) => ({ ...before, ...part }))
  const probe = useProbe(draft, change, setErrors)
  const save = useSave(draft, probe.report?.found?.lagerBoxId, setErrors)
  const hydrated = useHydrated()
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (probe.report?.canSave) save.go()
    else probe.go()
  }
  return (
    <form inert={!hydrated} method="post" noValidate onSubmit={submit} className="flex flex-col gap-4">
      <Section title="Address">
        <AddressFields
          draft={draft}
          change={change}
          errors={errors}
          tokenHint="The bearer token of the box, if it wants one."
        />
        <div className="flex flex-wrap items-center gap-3">
          <Button look={probe.report ? 'plain' : 'primary'} disabled={probe.busy} onClick={probe.go}>
            {probe.busy ? 'Probing …' : 'Probe'}
          </Button>
          <span role="status" className="text-muted">
            {probe.busy ? 'Asking the box, and running a tiny script there.' : ''}
          </span>
        </div>
        {probe.failure && <Notice tone="bad">{probe.failure}</Notice>}
        {probe.report && <ProbeLines report={probe.report} />}
      </Section>
      <Section title="In Stout">
        <DecisionFields draft={draft} change={change} errors={errors} />
      </Section>
      <div className="sticky bottom-0 -mx-4 flex flex-wrap items-center gap-3 border-t border-line bg-canvas px-4 py-3">
        <Button type="submit" look="primary" disabled={!probe.report?.canSave || save.busy}>
          {save.busy ? 'Saving …' : 'Save'}
        </Button>
        {!probe.report && <span className="text-muted">Probe the box first.</span>}
        {probe.report && !probe.report.canSave && (
          <span className="text-bad">It cannot be saved with these problems.</span>
        )}
        {save.failure && <Notice tone="bad">{save.failure}</Notice>}
      </div>
    </form>
  )
}

/** The report is of an address: it is gone as soon as that changes. */
function useProbe(
  draft: BoxDraft,
  change: (part: Partial<BoxDraft>) => void,
  setErrors: (errors: FieldErrors) => void,
) {
  const trpc = useTRPC()
  const [probed, setProbed] = useState('')
  const address = toAddress(draft)
  const mutation = useMutation(
    trpc.boxes.probe.mutationOptions({
      onSuccess: ({ found }) => {
        setErrors({})
        if (draft.name.trim() === '' && found) {
          change({ name: found.lagerBoxId === 'unknown' ? found.hostname : found.lagerBoxId })
        }
      },
      onError: (error) => {
        leaveWhenSignedOut(error)
        setErrors(boxErrors(failureOf(error).issues, draft))
      },
    }),
  )
  const isOfThis = probed === JSON.stringify(address)
  const failed = isOfThis && mutation.error ? failureOf(mutation.error) : undefined
  return {
    go() {
      setProbed(JSON.stringify(address))
      mutation.mutate(address)
    },
    busy: mutation.isPending,
    report: isOfThis && !mutation.isPending ? mutation.data : undefined,
    failure: failed && failed.issues.length === 0 ? failed.message : undefined,
  }
}

function useSave(draft: BoxDraft, lagerBoxId: string | undefined, setErrors: (errors: FieldErrors) => void) {
  const trpc = useTRPC()
  const router = useRouter()
  const mutation = useMutation(
    trpc.boxes.add.mutationOptions({
      onSuccess: ({ id }) => router.push(boxPath(id)),
      onError: (error) => {
        leaveWhenSignedOut(error)
        setErrors(boxErrors(failureOf(error).issues, draft))
      },
    }),
  )
  return {
    go: () => mutation.mutate({ ...toAddress(draft), ...toDecisions(draft), ...(lagerBoxId && { lagerBoxId }) }),
    busy: mutation.isPending || mutation.isSuccess,
    failure: mutation.error ? failureOf(mutation.error).message : undefined,
  }
}
