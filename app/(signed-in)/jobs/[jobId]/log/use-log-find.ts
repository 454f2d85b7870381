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
  const walk = useWalk(find)
  const latest = useRef(shown) // two steps may be asked for before the first one is drawn
  const show = (n: number | undefined) => {
    if (!search || n === undefined) return
    latest.current = { search, n }
    setShown(latest.current)
    onHit(n)
  }
  const showFirst = useEffectEvent(() => {
    if (!search || line !== null) return
    const from = firstInSight()
    const known = firstHit(search, from)
    if (known !== null) return show(search.items[known])
    // in sight is what lies beyond the hits that were collected
    if (search.capped) {
      walk.go(async (seek) => {
        show((await seek(from, 1)) ?? (await seek(from, -1)) ?? search.items.at(-1))
      })
    }
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
      walk.go(async (seek) => {
        if (latest.current?.search !== search) return search.wake()
        show(await beside(search, latest.current.n, step, lineCount, seek))
      })
    },
  }
}
export type LogFind = ReturnType<typeof useLogFind>

type Seek = (from: number, step: 1 | -1) => Promise<number | null>

/** Line of the hit after or before that of line `n`; from the last one on to the first. Undefined while it is not known. */
async function beside(
  search: Hits,
  n: number,
  step: 1 | -1,
  lineCount: number,
  seek: Seek,
): Promise<number | undefined> {
  const { items: hits, done, capped } = search
  const index = hits.indexOf(n)
  const next = index < 0 ? undefined : hits[index + step]
  if (next !== undefined) return next
  if (!capped) return done || step === -1 ? hits.at(step === 1 ? 0 : -1) : undefined
  return (await seek(index === 0 && step === -1 ? lineCount : n + step, step)) ?? hits[0]
}

/** A step of a walk from hit to hit. */
type Step = (seek: Seek) => Promise<void>

/** Takes steps one after the other, however fast they are asked for. Another search, or leaving, ends the walk. */
function useWalk(find: Parameters<typeof seekHit>[0]) {
  const walk = useRef<{ steps: Step[]; over: AbortController } | null>(null)
  // biome-ignore lint/correctness/useExhaustiveDependencies: another search ends the walk of the one before
  useEffect(() => () => walk.current?.over.abort(), [find])
  const start = async (steps: Step[], over: AbortController) => {
    try {
      for (let step = steps.shift(); step && !over.signal.aborted; step = steps.shift()) {
        await step((from, way) => seekHit(find, from, way, over.signal))
      }
    } catch {
      // it was ended, or nobody answers: whoever wants to goes on by another step
    } finally {
      over.abort()
    }
  }
  return {
    go(step: Step) {
      if (walk.current && !walk.current.over.signal.aborted) return void walk.current.steps.push(step)
      walk.current = { steps: [step], over: new AbortController() }
      void start(walk.current.steps, walk.current.over)
    },
  }
}
