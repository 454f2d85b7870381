'use client'

import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import type { TargetView } from '../../../../core/placement/see-target'
import { type Failure, failureOf } from '../../../data/failure'
import { useTRPC } from '../../../data/trpc'
import { useLiveQueries } from '../../../live/use-live'
import type { TargetAsk } from './target-ask'

/** Typing that pauses for so long has come to an end. */
const PAUSE_MS = 250
const ANY: TargetAsk = { target: { any: true }, requires: [] }

/**
 * How the boxes stand to what is asked, as they are now: read again whenever a box moves. What was known stays while another answer
 * is on the way. Undefined before the first one, and while nothing is asked.
 */
export function useTargetView(wanted: TargetAsk | undefined): { view: TargetView | undefined; failure?: Failure } {
  const trpc = useTRPC()
  const asked = usePaused(wanted)
  const input = asked ?? ANY
  const { data, error } = useQuery(
    trpc.boxes.forJob.queryOptions(input, { enabled: asked !== undefined, placeholderData: keepPreviousData }),
  )
  useLiveQueries(asked ? 'boxes' : null, [trpc.boxes.forJob.queryFilter(input)])
  return { view: asked && data, ...(error && { failure: failureOf(error) }) }
}

/** The last one that stood for a while; the first one at once. */
function usePaused(wanted: TargetAsk | undefined): TargetAsk | undefined {
  const text = JSON.stringify(wanted ?? null)
  const [settled, setSettled] = useState(text)
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), PAUSE_MS)
    return () => clearTimeout(timer)
  }, [text])
  return (JSON.parse(settled) as TargetAsk | null) ?? undefined
}
