'use client'

import { createContext, type ReactNode, useContext, useSyncExternalStore } from 'react'

const FirstNow = createContext(0)
const ticking = new Set<() => void>()
let timer: ReturnType<typeof setInterval> | undefined
let current = 0

/** Gives server and browser the same first instant, so that relative times read alike in both. */
export function ClockProvider({ now, children }: { now: number; children: ReactNode }) {
  return <FirstNow value={now}>{children}</FirstNow>
}

/** Milliseconds since the epoch, to the second, from the one clock of the tab. */
export function useNow(): number {
  const first = useContext(FirstNow)
  return useSyncExternalStore(subscribe, snapshot, () => first)
}

/** True once the browser has taken the page over: what only it knows (its time zone) may be shown. */
export function useHydrated(): boolean {
  return useSyncExternalStore(never, yes, no)
}

const never = () => () => undefined
const yes = () => true
const no = () => false

function subscribe(onTick: () => void): () => void {
  ticking.add(onTick)
  if (timer === undefined) {
    current = wholeSeconds()
    timer = setInterval(tick, 1_000)
  }
  return () => {
    ticking.delete(onTick)
    if (ticking.size > 0) return
    clearInterval(timer)
    timer = undefined
  }
}

function tick(): void {
  current = wholeSeconds()
  for (const onTick of ticking) onTick()
}

function snapshot(): number {
  if (timer === undefined) current = wholeSeconds()
  return current
}

function wholeSeconds(): number {
  return Math.floor(Date.now() / 1_000) * 1_000
}
