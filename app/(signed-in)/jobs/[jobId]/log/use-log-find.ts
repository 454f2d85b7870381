'use client'

import { useEffect, useEffectEvent, useMemo, useRef, useState, useSyncExternalStore } from 'react'
import type { JobId } from '../../../../../core/ids'
import { useTRPCClient } from '../../../../data/trpc'
import { hitPattern } from '../../../../ui/log/mark-pieces'
import { firstHit, type Hits } from './hits'
import { LogScan } from './log-scan'
import { seekHit } from './seek-hit'

/** Who types is let finish before the server is asked. */
const TYPING_MS = 250
const never = () => () => undefined

/**
 * What is searched for in the log of an attempt, and which hit is shown. Hits are collected from the first line on, up to some thousands; those beyond
 * are looked for when one goes there.
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
  const [shown, setShown] = useState<{ search: Hits; n: number } | null>(null)
  const { find, search } = useMemo(() => {
    const input = { jobId, attempt, text, matchCase: matchCase ? ('1' as const) : ('0' as const) }
    const ask = (range: { from: number; limit: number; backwards?: '0' | '1' }, signal: AbortSignal) =>
      client.jobs.findInLog.query({ ...input, ...range }, { signal, context: { alone: true } })
    if (text === '') return { find: ask, search: null }
    const scan = new LogScan<number>(async (range, signal) => {
      const found = await ask(range, signal)
      return { ...found, items: found.lines }
    })
    return { find: ask, search: scan }
  }, [client, jobId, attempt, text, matchCase])
  const version = useSyncExternalStore(
    search?.watch ?? never,
    () => search?.version ?? 0,
    () => 0,
  )
  const line = search && shown?.search === search ? shown.n : null
  const index = line === null ? -1 : (search?.items.indexOf(line) ?? -1)
  const seek = useSeek(find)
  const show = (n: number | undefined) => {
    if (!search || n === undefined) return
    setShown({ search, n })
    onHit(n)
  }
  const showFirst = useEffectEvent(() => {
    if (!search || line !== null) return
    const from = firstInSight()
    const known = firstHit(search, from)
    if (known !== null) return show(search.items[known])
    // in sight is what lies beyond the hits that were collected
    if (search.capped && !seek.busy) void seek.to([from, 1], [from, -1]).then((n) => show(n ?? search.items.at(-1)))
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
    /** Index of the shown hit among those that were collected. */
    at: index < 0 ? null : index,
    /** Line of the shown hit. */
    line,
    pattern: useMemo(() => hitPattern(text, matchCase), [text, matchCase]),
    /** Shows the next hit, or the one before; from the last one on to the first. */
    move(step: 1 | -1) {
      if (!search) return
      const { items: hits, done, capped } = search
      if (line === null) return search.wake()
      const next = hits[index + step]
      if (index >= 0 && next !== undefined) return show(next)
      if (!capped) return done || step === -1 ? show(step === 1 ? hits[0] : hits.at(-1)) : undefined
      const isBeforeFirst = index === 0 && step === -1
      void seek.to([isBeforeFirst ? lineCount : line + step, step]).then((n) => show(n ?? hits[0]))
    },
  }
}
export type LogFind = ReturnType<typeof useLogFind>

/** Looks for single hits on the server. Another look, another text, or leaving ends the one under way, which then answers never. */
function useSeek(find: Parameters<typeof seekHit>[0]) {
  const looking = useRef<AbortController | null>(null)
  // biome-ignore lint/correctness/useExhaustiveDependencies: another search ends the look of the one before
  useEffect(() => () => looking.current?.abort(), [find])
  return {
    get busy() {
      return looking.current?.signal.aborted === false
    },
    /** The first hit by the first of the ways that leads to one. */
    async to(...ways: [from: number, step: 1 | -1][]): Promise<number | null> {
      looking.current?.abort()
      const look = new AbortController()
      looking.current = look
      try {
        for (const [from, step] of ways) {
          const n = await seekHit(find, from, step, look.signal)
          if (n !== null) return n
        }
        return null
      } catch {
        return await new Promise<never>(() => undefined)
      } finally {
        look.abort()
      }
    },
  }
}
