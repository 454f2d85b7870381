'use client'

import { useSuspenseQuery } from '@tanstack/react-query'
import type { Route } from 'next'
import Link from 'next/link'
import { failureOf } from '../../data/failure'
import { useTRPC } from '../../data/trpc'
import { useLiveQueries } from '../../live/use-live'
import { buttonClasses } from '../../ui/button'
import { Empty } from '../../ui/empty'
import { Notice } from '../../ui/notice'
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
      {(data.nextCursor !== null || input.cursor) && (
        <nav aria-label="Pages" className="flex justify-between gap-2 border-t border-line px-4 py-2">
          {input.cursor ? (
            <Link href="/boxes" className={buttonClasses('plain', 'small')}>
              First
            </Link>
          ) : (
            <span />
          )}
          {data.nextCursor !== null && (
            <Link
              href={`/boxes?cursor=${encodeURIComponent(data.nextCursor)}` as Route}
              className={buttonClasses('plain', 'small')}
            >
              Next
            </Link>
          )}
        </nav>
      )}
    </>
  )
}
