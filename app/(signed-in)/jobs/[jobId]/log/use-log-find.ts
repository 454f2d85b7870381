'use client'

import { useEffect, useEffectEvent, useMemo, useState, useSyncExternalStore } from 'react'
import type { JobId } from '../../../../../core/ids'
import { useTRPCClient } from '../../../../data/trpc'
import { hitPattern } from '../../../../ui/log/mark-pieces'
import { firstHit, type Hits } from './hits'
import { LogScan } from './log-scan'

/** Who types is let finish before the server is asked. */
const TYPING_MS = 250
const never = () => () => undefined

/**
 * What is searched for in the log of an attempt, and which hit is shown.
 * @param firstInSight number of the first line in sight: the first hit that is shown is the next one from there
 * @param onHit told the line of a hit that is to be shown
 */
export function useLogFind(
  { jobId, attempt, lineCount }: { jobId: JobId; attempt: number; lineCount: number },
  firstInSight: () => number,
  onHit: (n: number) => void,
) {
  const client = useTRPCClient()
  const [text, setText] = useState('')
  const [matchCase, setMatchCase] = useState(false)
  const [shown, setShown] = useState<{ search: Hits; index: number } | null>(null)
  const search = useMemo(() => {
    if (text === '') return null
    const input = { jobId, attempt, text, matchCase: matchCase ? ('1' as const) : ('0' as const) }
    return new LogScan(async (range, signal) => {
      const found = await client.jobs.findInLog.query({ ...input, ...range }, { signal, context: { alone: true } })
      return { ...found, items: found.lines }
    })
  }, [client, jobId, attempt, text, matchCase])
  const version = useSyncExternalStore(
    search?.watch ?? never,
    () => search?.version ?? 0,
    () => 0,
  )
  const at = shown?.search === search ? (shown?.index ?? null) : null
  const show = (index: number | null) => {
    const n = index === null ? undefined : search?.items[index]
    if (!search || index === null || n === undefined) return
    setShown({ search, index })
    onHit(n)
  }
  const showFirst = useEffectEvent(() => {
    if (search && at === null) show(firstHit(search, firstInSight()))
  })
  useEffect(() => {
    const typed = setTimeout(() => search?.wake(), TYPING_MS)
    return () => {
      clearTimeout(typed)
      search?.rest()
    }
  }, [search])
  // biome-ignore lint/correctness/useExhaustiveDependencies: a log that has grown is searched on
  useEffect(() => {
    if (search?.done) search.wake()
  }, [search, lineCount])
  // biome-ignore lint/correctness/useExhaustiveDependencies: looked at anew whenever there are more hits
  useEffect(() => showFirst(), [version])
  return {
    text,
    setText: (next: string) => setText(next),
    matchCase,
    setMatchCase,
    search,
    at,
    pattern: useMemo(() => hitPattern(text, matchCase), [text, matchCase]),
    /** Shows the next hit, or the one before; from the last one on to the first. */
    move(step: 1 | -1) {
      if (!search) return
      const { items: hits, done } = search
      if (at === null) return search.wake()
      if (step === 1 && at + 1 === hits.length && !done) return
      show((at + step + hits.length) % hits.length)
    },
  }
}
export type LogFind = ReturnType<typeof useLogFind>
