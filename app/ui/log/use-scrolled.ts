'use client'

import { type RefObject, useLayoutEffect, useState } from 'react'

/** How far an element is scrolled, and how much of it can be seen. */
export function useScrolled(scroller: RefObject<HTMLElement | null>): { topPx: number; heightPx: number } {
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
  return view
}
