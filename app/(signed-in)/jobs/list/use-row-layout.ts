'use client'

import { type RefObject, useLayoutEffect, useState } from 'react'
import { NARROW_PX, ROW_PX } from '../job-row'

/** Where the first row begins on the page, and how tall every row is. */
export type RowLayout = { topPx: number; rowPx: number }

/** The layout of the rows below `body`, also when what stands above them, or their width, changes. */
export function useRowLayout(body: RefObject<HTMLElement | null>): RowLayout {
  const [layout, setLayout] = useState<RowLayout>({ topPx: 0, rowPx: ROW_PX.wide })
  useLayoutEffect(() => {
    const look = () => {
      const box = body.current?.getBoundingClientRect()
      if (!box) return
      const topPx = Math.round(box.top + window.scrollY)
      const rowPx = box.width < NARROW_PX ? ROW_PX.narrow : ROW_PX.wide
      setLayout((before) => (before.topPx === topPx && before.rowPx === rowPx ? before : { topPx, rowPx }))
    }
    const resized = new ResizeObserver(look)
    resized.observe(document.body)
    look()
    return () => resized.disconnect()
  }, [body])
  return layout
}
