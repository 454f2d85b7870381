'use client'

import { type FocusEvent, type KeyboardEvent, type RefObject, useLayoutEffect, useRef, useState } from 'react'
import type { JobView } from '../../../../core/jobs/job-view'

const PAGE_ROWS = 10
const STEPS: Record<string, number> = {
  ...{ ArrowDown: 1, ArrowUp: -1, PageDown: PAGE_ROWS, PageUp: -PAGE_ROWS },
  ...{ Home: Number.NEGATIVE_INFINITY, End: Number.POSITIVE_INFINITY },
}
/** What of a row can have the focus. */
const PARTS: Record<string, string> = { ArrowLeft: 'choose', ArrowRight: 'open' }

/**
 * Goes through rows by keys. Tab leads to the current row and from it out of the list, which may be long; arrow keys lead from row to row, and from
 * the box to tick to the link.
 * @param show brings a row into sight
 */
export function useRowKeys(
  items: readonly JobView[],
  body: RefObject<HTMLElement | null>,
  show: (index: number) => void,
) {
  const [chosen, setChosen] = useState<{ id: string; index: number } | null>(null)
  const goal = useRef<{ index: number; part: string } | null>(null)
  const found = chosen ? items.findIndex(({ id }) => id === chosen.id) : 0
  const current = found >= 0 ? found : Math.min(chosen?.index ?? 0, Math.max(0, items.length - 1))

  useLayoutEffect(() => {
    const to = goal.current
    const control = to && body.current?.querySelector<HTMLElement>(`[data-index="${to.index}"] [data-part=${to.part}]`)
    if (!control) return
    goal.current = null
    control.focus({ preventScroll: true })
  })
  const go = (index: number, part: string) => {
    const job = items[index]
    if (!job) return
    goal.current = { index, part }
    setChosen({ id: job.id, index })
    show(index)
  }
  return {
    /** The row that Tab leads to. */
    current,
    onFocus({ target }: FocusEvent<HTMLElement>) {
      const index = Number(target.closest<HTMLElement>('[data-index]')?.dataset.index)
      const job = items[index]
      if (job && job.id !== chosen?.id) setChosen({ id: job.id, index })
    },
    onKeyDown(event: KeyboardEvent<HTMLElement>) {
      const part = (event.target as HTMLElement).dataset.part
      const [step, side] = [STEPS[event.key], PARTS[event.key]]
      if (!part || event.altKey || event.ctrlKey || event.metaKey || (step === undefined && !side)) return
      event.preventDefault()
      go(Math.min(items.length - 1, Math.max(0, current + (step ?? 0))), side ?? part)
    },
  }
}
