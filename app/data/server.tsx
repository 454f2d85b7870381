import { dehydrate, HydrationBoundary } from '@tanstack/react-query'
import { createTRPCOptionsProxy } from '@trpc/tanstack-react-query'
import { redirect } from 'next/navigation'
import { cache, type ReactNode } from 'react'
import { pageCaller } from '../../server/auth/page'
import { type AppRouter, appRouter } from '../../server/trpc/router'
import { signInPath } from '../sign-in/next-path'
import { makeQueryClient } from './query-client'

/** Who looks at the page; asked once a request. */
export const caller = cache(pageCaller)

/** The cache of one request. */
export const queryClient = cache(() => makeQueryClient())

/** The server's procedures, called without HTTP, as whoever looks at the page. Pages call `requireCaller` first. */
export const trpc = createTRPCOptionsProxy<AppRouter>({
  ctx: async () => {
    const ctx = await caller()
    if (!ctx) throw new Error('Nobody is signed in')
    return ctx
  },
  router: appRouter,
  queryClient,
})

/** Sends whoever is not signed in to the sign-in page, and from there back to `path`. */
export async function requireCaller(path: string): Promise<void> {
  if (!(await caller())) redirect(signInPath(path))
}

/** Hands what was prefetched for this request to the components below, with what is still under way. */
export function Hydrate({ children }: { children: ReactNode }) {
  return <HydrationBoundary state={dehydrate(queryClient())}>{children}</HydrationBoundary>
}
