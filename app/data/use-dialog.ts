'use client'

import { type QueryClient, type UseMutationOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { type Failure, failureOf } from './failure'
import { leaveWhenSignedOut } from './trpc'

/** A question that leads to one call: whether it stands there, and how far the call is. */
export type Dialog<Variables> = {
  open: boolean
  ask(): void
  close(): void
  send(variables: Variables): void
  /** The call is under way, or has led elsewhere: it is not to be sent again. */
  busy: boolean
  failure: Failure | undefined
}

/**
 * What all dialogs that do something have in common. An answer closes the dialog; a failure stays in it until it is asked anew, and
 * opens it where the call was sent without a question. Whoever was signed out meanwhile leaves.
 * @param onDone what follows from the answer, before the dialog closes
 */
export function useDialog<Data, Thrown, Variables>(
  call: UseMutationOptions<Data, Thrown, Variables>,
  onDone: (data: Data, cache: QueryClient) => unknown,
): Dialog<Variables> {
  const cache = useQueryClient()
  const [open, setOpen] = useState(false)
  const mutation = useMutation({
    ...call,
    onSuccess: async (data) => {
      await onDone(data, cache)
      setOpen(false)
    },
    onError: (error) => {
      leaveWhenSignedOut(error)
      setOpen(true)
    },
  })
  return {
    open,
    ask() {
      mutation.reset()
      setOpen(true)
    },
    close: () => setOpen(false),
    send: (variables) => mutation.mutate(variables),
    busy: mutation.isPending,
    failure: mutation.error ? failureOf(mutation.error) : undefined,
  }
}
