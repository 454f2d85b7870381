'use client'

import { QueryClientProvider } from '@tanstack/react-query'
import { createTRPCClient, httpBatchLink, httpLink, splitLink } from '@trpc/client'
import { createTRPCContext } from '@trpc/tanstack-react-query'
import { type ReactNode, useState } from 'react'
import type { AppRouter } from '../../server/trpc/router'
import { signInPath } from '../sign-in/next-path'
import { failureOf } from './failure'
import { makeQueryClient } from './query-client'

const context = createTRPCContext<AppRouter>()
export const { useTRPC, useTRPCClient } = context

const MAX_URL_LENGTH = 4_000

/** Gives the pages below it the procedures of the server and the cache of their answers. */
export function DataProvider({ children }: { children: ReactNode }) {
  const [queryClient] = useState(() => makeQueryClient(leaveWhenSignedOut))
  const [client] = useState(makeClient)
  return (
    <QueryClientProvider client={queryClient}>
      <context.TRPCProvider trpcClient={client} queryClient={queryClient}>
        {children}
      </context.TRPCProvider>
    </QueryClientProvider>
  )
}

/** Calls that are made together travel together, but for those that say `alone`: large answers hold up no others. */
function makeClient() {
  const url = '/api/trpc'
  return createTRPCClient<AppRouter>({
    links: [
      splitLink({
        condition: ({ context }) => context.alone === true,
        true: httpLink({ url }),
        false: httpBatchLink({ url, maxURLLength: MAX_URL_LENGTH }),
      }),
    ],
  })
}

/** The session ended while the page was open: sign in, and come back here. */
export function leaveWhenSignedOut(error: unknown): void {
  if (failureOf(error).httpStatus !== 401 || typeof window === 'undefined') return
  const { pathname, search, hash } = window.location
  window.location.assign(`${signInPath(`${pathname}${search}`)}${hash}`)
}
