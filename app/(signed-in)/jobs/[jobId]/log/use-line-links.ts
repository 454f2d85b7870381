'use client'

import { useEffect, useEffectEvent, useState } from 'react'
import { type LineRange, lineHash, pickLine, readLineRange } from './line-range'

/**
 * The lines that the address points at, and ways to point at others. The address names the attempt too: lines of a later one
 * are not those that were meant.
 * @param onGo told when a line is to be looked at
 */
export function useLineLinks(attempt: number, onGo: () => void) {
  const [picked, setPicked] = useState<LineRange | null>(null)
  const [goal, setGoal] = useState<{ n: number } | null>(null)
  const read = useEffectEvent(() => {
    const range = readLineRange(window.location.hash)
    setPicked(range)
    if (!range) return
    setGoal({ n: range.first })
    onGo()
  })
  useEffect(() => {
    read()
    const onChange = () => read()
    window.addEventListener('hashchange', onChange)
    return () => window.removeEventListener('hashchange', onChange)
  }, [])
  const pick = (range: LineRange) => {
    setPicked(range)
    const search = `?attempt=${attempt}`
    // with its own state the router takes no notice: nothing of the page hangs on the hash, and it is set at each hit of a search
    const state = window.location.search === search ? window.history.state : null
    window.history.replaceState(state, '', `${search}${lineHash(range)}`)
    onGo()
  }
  return {
    picked,
    goal,
    /** Points at line `n`, which is in sight. */
    pick: (n: number, extend: boolean) => pick(pickLine(picked, n, extend)),
    /** Points at line `n` and brings it into sight. */
    goTo(n: number) {
      pick({ first: n, last: n })
      setGoal({ n })
    },
  }
}
