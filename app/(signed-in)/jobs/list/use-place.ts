'use client'

import { useEffect, useEffectEvent, useLayoutEffect, useRef } from 'react'
import type { JobView } from '../../../../core/jobs/job-view'
import type { RowLayout } from './use-row-layout'

/** A row, and how far the window's edge is below its beginning. */
type Place = { id: string; px: number }

const SAVE_AFTER_MS = 100
/** In the browser's entry of the page in its history, beside what Next keeps there. */
const KEY = 'stoutJobsPlace'

/**
 * Keeps in sight what is in sight when rows come or go above it. At the list's beginning new jobs come in instead.
 */
export function useSteady(items: readonly JobView[], layout: RowLayout): void {
  const before = useRef(items)
  useLayoutEffect(() => {
    const was = before.current
    before.current = items
    if (was === items) return
    const place = placeOf(was, layout)
    if (!place) return
    const moved = indexOf(items, place.id) - indexOf(was, place.id)
    if (moved !== 0) window.scrollBy({ top: moved * layout.rowPx, behavior: 'instant' })
  }, [items, layout])
}

/**
 * Remembers in the history's entry of this page which row is at the window's edge, and goes back there when the page is opened from that entry, by
 * going back or by reloading.
 */
export function usePlace(items: readonly JobView[], layout: RowLayout, reach: (id: string) => Promise<void>): void {
  const save = useEffectEvent(() => {
    const place = placeOf(items, layout)
    window.history.replaceState({ ...window.history.state, [KEY]: place ?? null }, '')
  })
  const wanted = useRef<Place | null>(null)
  const begin = useEffectEvent(() => {
    wanted.current = (window.history.state?.[KEY] as Place | null | undefined) ?? null
    if (wanted.current) void reach(wanted.current.id).catch(() => undefined)
  })
  useLayoutEffect(() => begin(), [])
  // once the layout and the row are known
  useLayoutEffect(() => {
    const place = wanted.current
    const isThere = place && items.some(({ id }) => id <= place.id)
    if (!isThere || layout.topPx === 0) return
    wanted.current = null
    window.scrollTo({ top: layout.topPx + indexOf(items, place.id) * layout.rowPx + place.px, behavior: 'instant' })
  }, [items, layout])
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    const onScroll = () => {
      clearTimeout(timer)
      timer = setTimeout(() => save(), SAVE_AFTER_MS)
    }
    window.addEventListener('scroll', onScroll, { passive: true })
    return () => {
      clearTimeout(timer)
      window.removeEventListener('scroll', onScroll)
    }
  }, [])
}

/** The row at the window's upper edge; undefined at the list's beginning. */
function placeOf(items: readonly JobView[], { topPx, rowPx }: RowLayout): Place | undefined {
  const below = window.scrollY - topPx
  const id = items[Math.floor(below / rowPx)]?.id
  return below > 0 && id ? { id, px: below % rowPx } : undefined
}

/** Where the row stands, or the one that took its place. */
function indexOf(items: readonly JobView[], id: string): number {
  const index = items.findIndex((job) => job.id <= id)
  return index < 0 ? items.length : index
}
