import type { Metadata } from 'next'
import { Suspense } from 'react'
import type { TokenId } from '../../../core/ids'
import { Hydrate, queryClient, requireCaller, trpc } from '../../data/server'
import { Link } from '../../ui/link'
import { PageHeading } from '../../ui/page-heading'
import { Panel } from '../../ui/panel'
import { Skeleton } from '../../ui/skeleton'
import { NewTokenForm } from './new-token-form'
import { SessionsList } from './sessions-list'
import { TokensList } from './tokens-list'

export const metadata: Metadata = { title: 'Account' }

const TOKEN_ID = /^tok_[0-9a-z]{1,80}$/

export default async function AccountPage({ searchParams }: PageProps<'/account'>) {
  const { cursor } = await searchParams
  const input = typeof cursor === 'string' && TOKEN_ID.test(cursor) ? { cursor: cursor as TokenId } : {}
  await requireCaller('/account')
  void queryClient().prefetchQuery(trpc.account.sessions.queryOptions())
  void queryClient().prefetchQuery(trpc.tokens.list.queryOptions(input))
  return (
    <div className="flex flex-col gap-4">
      <PageHeading title="Account" />
      <Hydrate>
        <Panel
          title="API tokens"
          actions={
            <Link href="/docs/api" className="ml-auto text-xs">
              API reference
            </Link>
          }
        >
          <NewTokenForm />
          <Suspense key={input.cursor} fallback={<Skeleton rows={3} label="Loading tokens" />}>
            <TokensList input={input} />
          </Suspense>
        </Panel>
        <Panel title="Sessions">
          <Suspense fallback={<Skeleton rows={2} label="Loading sessions" />}>
            <SessionsList />
          </Suspense>
        </Panel>
      </Hydrate>
    </div>
  )
}
