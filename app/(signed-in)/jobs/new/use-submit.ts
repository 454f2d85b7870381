'use client'

import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import type { JobId } from '../../../../core/ids'
import type { Submitted } from '../../../../core/jobs/submission'
import { failureOf } from '../../../data/failure'
import { leaveWhenSignedOut, useTRPCClient } from '../../../data/trpc'
import type { BundleUpload } from './bundle/bundle-upload'
import { entryOf } from './bundle/content'
import { type Draft, draftErrors, type FieldErrors, fieldErrors, toSubmission } from './draft'
import { toChanges } from './rerun-draft'

/** The job that is run again, and what it was submitted as. */
export type Rerun = { jobId: JobId; submitted: Submitted }

/**
 * Submits the draft, or runs the job again as the draft says, once its bundle is uploaded. The submission is made while it is sent and handed to nobody, so that the
 * values of secrets are in no cache of what was called.
 */
export function useSubmit(
  written: Draft,
  upload: BundleUpload,
  rerun: Rerun | undefined,
  onSubmitted: (jobId: string) => void,
) {
  const client = useTRPCClient()
  const [errors, setErrors] = useState<FieldErrors>({})
  const draft = written.source === 'bundle' ? withBundle(written, upload) : written
  const mutation = useMutation({
    gcTime: 0,
    mutationFn: async () => {
      const bundle = draft.source === 'bundle' ? (await upload.stored()).sha256 : undefined
      if (!rerun) return await client.jobs.submit.mutate(toSubmission(draft, bundle))
      const { jobId, submitted } = rerun
      return await client.jobs.rerun.mutate({ jobId, ...toChanges(draft, submitted, bundle) })
    },
    onSuccess: ({ id }) => onSubmitted(id),
    onError: (error) => {
      leaveWhenSignedOut(error)
      setErrors(fieldErrors(failureOf(error).issues, draft))
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const found = { ...draftErrors(draft), ...bundleErrors(draft, upload) }
    setErrors(found)
    if (Object.keys(found).length === 0) mutation.mutate()
  }
  const wrong = Object.keys(errors).length
  const failure = wrong
    ? 'Not submitted: look at the fields marked above.'
    : mutation.error && failureOf(mutation.error).message
  return { submit, errors, failure, busy: mutation.isPending || mutation.isSuccess }
}

/** What was left to the bundle: its name, and the file that suggests itself. */
function withBundle(draft: Draft, { state, content }: BundleUpload): Draft {
  if (state.phase === 'ready' && !content) return draft // kept from an earlier job
  return {
    ...draft,
    name: draft.name.trim() || (content?.name ?? ''),
    entry: entryOf(draft.entry, content?.files ?? []),
  }
}

/** Without content nothing can be chosen from it: that is told once, at the bundle. */
function bundleErrors({ source }: Draft, { state, content }: BundleUpload): FieldErrors {
  if (source === 'script') return {}
  if (state.phase === 'none') return { bundle: 'Choose a folder or a zip.' }
  if (state.phase === 'failed') return { bundle: 'It is not uploaded.' }
  return content || state.phase === 'ready' ? {} : { bundle: 'It is still being read.' }
}
