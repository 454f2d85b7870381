'use client'

import { useQueryClient, useSuspenseQuery } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import type { JobId } from '../../../../core/ids'
import { useTRPC } from '../../../data/trpc'
import { useCoalesced } from '../../../live/use-coalesced'
import { useLive } from '../../../live/use-live'
import { firstPage, type ListFilter, toQuery } from '../list-filter'
import { type JobRows, mergeRows, readDown, topOf } from './merge-rows'
import { useOlder } from './use-older'

/** Rows in sight are read again at most once per this, however often jobs move. */
const REFRESH_GAP_MS = 300
/** A list that was left is still there, as far as it was read, when one goes back to it. */
const KEPT_MS = 30 * 60_000
const MORE = 100
const MOST_A_PAGE = 200
/** New jobs that may have come between two reads; where there are more, one answer more is needed. */
const SLACK = 20
/** Answers of one refresh. When so many don't reach what is known, the list begins anew. */
const MOST_ANSWERS = 5
/** Answers on the way back to a place that the reader left. */
const MOST_TO_PLACE = 15

/**
 * The list as far as it was read. Whenever jobs move, the newest rows and those in sight are read again; rows elsewhere are
 * when they come into sight.
 */
export function useJobRows(filter: ListFilter) {
  const trpc = useTRPC()
  const cache = useQueryClient()
  const options = trpc.jobs.list.queryOptions(firstPage(filter), { structuralSharing: false, gcTime: KEPT_MS })
  const { data: rows } = useSuspenseQuery(options)
  const [failure, setFailure] = useState<Error | null>(null)
  const sight = useRef({ first: 0, last: 0 })
  const fresh = useRef({ wakes: 0, ids: new Set<string>() })

  const known = (): JobRows => cache.getQueryData(options.queryKey) ?? rows
  /** Reads from `after` down to `until`, `limit` jobs an answer. */
  const read = async (after: string | undefined, until: string, limit: number, mostAnswers: number) => {
    const { wakes } = fresh.current
    const ask = (cursor: string | undefined) => {
      const input = { ...toQuery(filter), limit: Math.min(limit, MOST_A_PAGE), cursor: cursor as JobId | undefined }
      return cache.fetchQuery(trpc.jobs.list.queryOptions(input, { staleTime: 0, gcTime: 0 }))
    }
    const answer = await readDown(ask, after, until, mostAnswers)
    if (wakes === fresh.current.wakes) for (const { id } of answer.items) fresh.current.ids.add(id)
    cache.setQueryData<JobRows>(options.queryKey, (now) => now && mergeRows(now, after, answer))
    return answer.items.length
  }
  const readSight = async () => {
    const { items, nextCursor } = known()
    const { first, last } = sight.current
    const lowest = items[last]?.id ?? nextCursor ?? ''
    if (first < MORE) return await read(undefined, lowest, last + 1 + SLACK, MOST_ANSWERS)
    await Promise.all([
      read(undefined, topOf({ items, nextCursor }), SLACK, MOST_ANSWERS),
      read(items[first - 1]?.id, lowest, last + 1 - first, MOST_ANSWERS),
    ])
  }
  const refresh = useCoalesced(() => readSight().then(() => setFailure(null), setFailure), REFRESH_GAP_MS)
  useLive('jobs', () => {
    fresh.current = { wakes: fresh.current.wakes + 1, ids: new Set() }
    refresh()
  })
  return {
    rows,
    failure,
    older: useOlder(rows.nextCursor, (after) => read(after, '', MORE, 1)),
    /** Told which rows are in sight. */
    onSight(first: number, last: number) {
      sight.current = { first, last }
      const isStale = ({ id }: { id: string }) => !fresh.current.ids.has(id)
      if (fresh.current.wakes > 0 && rows.items.slice(first, last + 1).some(isStale)) refresh()
    },
    /** Reads on until the row with this id, or the one that would stand after it, is there. */
    async reach(id: string) {
      const { nextCursor } = known()
      if (nextCursor !== null && id < nextCursor) await read(nextCursor, id, MOST_A_PAGE, MOST_TO_PLACE)
    },
  }
}
