'use client'

import { type RefObject, useLayoutEffect, useState } from 'react'
import { type RowWindow, rowWindow } from './row-window'

/** Which lines are in sight of a scrolled element, and where they stand. While `following`, those at the end. */
export function useLogRows(
  scroller: RefObject<HTMLElement | null>,
  lineCount: number,
  rowPx: number,
  following: boolean,
): RowWindow {
  const [view, setView] = useState({ topPx: 0, heightPx: 600 })
  useLayoutEffect(() => {
    const element = scroller.current
    if (!element) return
    const look = () => {
      const [topPx, heightPx] = [element.scrollTop, element.clientHeight]
      setView((before) => (before.topPx === topPx && before.heightPx === heightPx ? before : { topPx, heightPx }))
    }
    const resized = new ResizeObserver(look)
    resized.observe(element)
    element.addEventListener('scroll', look, { passive: true })
    return () => {
      resized.disconnect()
      element.removeEventListener('scroll', look)
    }
  }, [scroller])
  return rowWindow({ lineCount, rowPx, ...view, ...(following && { topPx: Number.POSITIVE_INFINITY }) })
}
