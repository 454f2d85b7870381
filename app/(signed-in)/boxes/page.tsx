import type { Metadata } from 'next'
import { Suspense } from 'react'
import { Hydrate, queryClient, requireCaller, trpc } from '../../data/server'
import { PageHeading } from '../../ui/page-heading'
import { Skeleton } from '../../ui/skeleton'
import { AddBoxLink } from './add-box-link'
import { BoxesList } from './boxes-list'

export const metadata: Metadata = { title: 'Boxes' }

export default async function BoxesPage({ searchParams }: PageProps<'/boxes'>) {
  const { cursor } = await searchParams
  const after = typeof cursor === 'string' ? cursor.slice(0, 200).replaceAll('\0', '') : ''
  await requireCaller(after ? `/boxes?cursor=${encodeURIComponent(after)}` : '/boxes')
  const input = after ? { cursor: after } : {}
  void queryClient().prefetchQuery(trpc.boxes.list.queryOptions(input))
  return (
    <div className="flex flex-col gap-4">
      <PageHeading title="Boxes" actions={<AddBoxLink />} />
      <div className="overflow-hidden rounded-lg border border-line bg-surface">
        <Hydrate>
          <Suspense key={after} fallback={<Skeleton rows={6} label="Loading boxes" />}>
            <BoxesList input={input} />
          </Suspense>
        </Hydrate>
      </div>
    </div>
  )
}
