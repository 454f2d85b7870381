import type { Metadata } from 'next'
import { Suspense } from 'react'
import { Hydrate, queryClient, requireCaller, trpc } from '../../data/server'
import { PageHeading } from '../../ui/page-heading'
import { Skeleton } from '../../ui/skeleton'
import { GroupsList } from './groups-list'
import { NewGroup } from './new-group'

export const metadata: Metadata = { title: 'Groups' }

export default async function GroupsPage({ searchParams }: PageProps<'/groups'>) {
  const { cursor } = await searchParams
  const after = typeof cursor === 'string' ? cursor.slice(0, 200).replaceAll('\0', '') : ''
  await requireCaller(after ? `/groups?cursor=${encodeURIComponent(after)}` : '/groups')
  const input = after ? { cursor: after } : {}
  void queryClient().prefetchQuery(trpc.groups.list.queryOptions(input))
  return (
    <div className="flex flex-col gap-4">
      <Hydrate>
        <PageHeading title="Groups" actions={<NewGroup />} />
        <div className="overflow-hidden rounded-lg border border-line bg-surface">
          <Suspense key={after} fallback={<Skeleton rows={4} label="Loading groups" />}>
            <GroupsList input={input} />
          </Suspense>
        </div>
      </Hydrate>
    </div>
  )
}
