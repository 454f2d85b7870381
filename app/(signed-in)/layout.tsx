import type { ReactNode } from 'react'
import { caller, Hydrate, queryClient, trpc } from '../data/server'
import { DataProvider } from '../data/trpc'
import { LiveProvider } from '../live/provider'
import { ClockProvider } from '../ui/clock'
import { Footer } from '../ui/footer'
import { Header } from './header'

/** The frame of every page behind the sign-in. Pages themselves send away who is not signed in, since they know their path. */
export default async function SignedInLayout({ children }: { children: ReactNode }) {
  if (!(await caller())) return children
  const account = await queryClient().fetchQuery(trpc.account.me.queryOptions())
  return (
    <DataProvider>
      <ClockProvider now={Date.now()}>
        <Hydrate>
          <LiveProvider>
            <a
              href="#content"
              className="fixed top-2 left-2 z-50 -translate-y-20 rounded-md bg-accent px-3 py-1.5 font-medium text-on-accent focus:translate-y-0"
            >
              Skip to content
            </a>
            <Header account={account} />
            <main
              id="content"
              tabIndex={-1}
              className="mx-auto w-full max-w-[110rem] flex-1 px-4 py-5 outline-none sm:px-6"
            >
              {children}
            </main>
            <Footer />
          </LiveProvider>
        </Hydrate>
      </ClockProvider>
    </DataProvider>
  )
}
