'use client'

import { useSuspenseQuery } from '@tanstack/react-query'
import { failureOf } from '../../data/failure'
import { useTRPC } from '../../data/trpc'
import { useLiveQueries } from '../../live/use-live'
import { Empty } from '../../ui/empty'
import { Notice } from '../../ui/notice'
import { PageLinks } from '../../ui/page-links'
import { BoxesTable } from './boxes-table'

/** One page of the fleet, as it is now. */
export function BoxesList({ input }: { input: { cursor?: string } }) {
  const trpc = useTRPC()
  const { data, error } = useSuspenseQuery(trpc.boxes.list.queryOptions(input))
  useLiveQueries('boxes', [trpc.boxes.list.queryFilter(input)])
  return (
    <>
      {error && (
        <div className="p-3">
          <Notice tone="warn" title="Not up to date.">
            {failureOf(error).message}
          </Notice>
        </div>
      )}
      {data.items.length > 0 ? (
        <BoxesTable boxes={data.items} />
      ) : (
        <Empty title="No boxes">Jobs wait until the organisation has a box that fits.</Empty>
      )}
      <PageLinks path="/boxes" cursor={input.cursor} nextCursor={data.nextCursor} />
    </>
  )
}
