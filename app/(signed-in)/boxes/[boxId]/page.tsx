import { TRPCError } from '@trpc/server'
import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { cache } from 'react'
import type { BoxView } from '../../../../core/boxes/list-boxes'
import { Hydrate, queryClient, requireCaller, trpc } from '../../../data/server'
import { readBoxId } from './box-id'
import { BoxPageBody } from './box-page-body'
import { EVENTS_A_PAGE, RECENT_JOBS } from './page-sizes'

export async function generateMetadata({ params }: PageProps<'/boxes/[boxId]'>): Promise<Metadata> {
  const { boxId } = await params
  await requireCaller(`/boxes/${boxId}`)
  return { title: (await findBox(boxId)).name }
}

export default async function BoxPage({ params }: PageProps<'/boxes/[boxId]'>) {
  const { boxId: text } = await params
  await requireCaller(`/boxes/${text}`)
  const { id } = await findBox(text)
  const boxId = readBoxId(id) ?? notFound()
  void queryClient().prefetchQuery(trpc.boxes.events.queryOptions({ boxId, limit: EVENTS_A_PAGE }))
  void queryClient().prefetchQuery(trpc.jobs.list.queryOptions({ boxId, limit: RECENT_JOBS }))
  return (
    <Hydrate>
      <BoxPageBody boxId={boxId} />
    </Hydrate>
  )
}

/** The box, awaited, so that one that does not exist is a 404 and not a page that says so. */
const findBox = cache(async (text: string): Promise<BoxView> => {
  const boxId = readBoxId(text)
  if (!boxId) notFound()
  try {
    return await queryClient().fetchQuery(trpc.boxes.get.queryOptions({ boxId }))
  } catch (error) {
    if (error instanceof TRPCError && error.code === 'NOT_FOUND') notFound()
    throw error
  }
})
