'use client'

import { useRef, useState } from 'react'

/** Searches that find nothing go on by themselves so often; then the reader is asked. */
const PATIENCE = 5

/** The way to older jobs. `done`: there are none; `tired`: several reads in a row led nowhere. */
export type Older = { state: 'idle' | 'busy' | 'tired' | 'done'; failure: Error | null; load: () => void }

/**
 * Reads older jobs when it is asked to, one time at a time.
 * @param cursor where the list goes on; null at its end
 * @param read puts what comes after a cursor into the list, and says how many that were
 */
export function useOlder(cursor: string | null, read: (after: string) => Promise<number>): Older {
  const [state, setState] = useState<'idle' | 'busy' | 'tired'>('idle')
  const [failure, setFailure] = useState<Error | null>(null)
  const busy = useRef(false)
  const misses = useRef(0)
  const load = async (after: string) => {
    busy.current = true
    setState('busy')
    setFailure(null)
    try {
      misses.current = (await read(after)) > 0 ? 0 : misses.current + 1
    } catch (error) {
      setFailure(error as Error)
    }
    busy.current = false
    const isTired = misses.current === PATIENCE
    if (isTired) misses.current = 0
    setState(isTired ? 'tired' : 'idle')
  }
  return {
    state: cursor === null ? 'done' : state,
    failure,
    load() {
      if (cursor !== null && !busy.current) void load(cursor)
    },
  }
}
