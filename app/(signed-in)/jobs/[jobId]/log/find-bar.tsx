'use client'

import type { KeyboardEvent, RefObject } from 'react'
import { failureOf } from '../../../../data/failure'
import { Button } from '../../../../ui/button'
import { Toggle } from '../../../../ui/toggle'
import { hitsText } from './hits'
import type { LogFind } from './use-log-find'

/** Where one says what to find in the log, and goes from hit to hit: Enter and Shift+Enter do too. Escape clears it. */
export function FindBar({ find, field }: { find: LogFind; field: RefObject<HTMLInputElement | null> }) {
  const { text, search, at, line, move } = find
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape') find.setText('')
    if (event.key !== 'Enter') return
    event.preventDefault()
    move(event.shiftKey ? -1 : 1)
  }
  const nothing = !search || search.items.length === 0
  return (
    <search className="flex flex-wrap items-center gap-2 border-b border-line px-4 py-1.5" aria-label="Find in log">
      <input
        ref={field}
        type="search"
        aria-label="Find in log"
        placeholder="Find in log"
        autoComplete="off"
        spellCheck={false}
        maxLength={200}
        value={text}
        onChange={(event) => find.setText(event.target.value)}
        onKeyDown={onKeyDown}
        className="h-7 w-0 min-w-32 flex-1 rounded-md border border-line-strong/60 bg-surface px-2 text-xs sm:max-w-72"
      />
      <Toggle pressed={find.matchCase} onPressed={find.setMatchCase}>
        Match case
      </Toggle>
      <Button size="small" aria-label="Previous hit" disabled={nothing} onClick={() => move(-1)}>
        <span aria-hidden="true">↑</span>
      </Button>
      <Button size="small" aria-label="Next hit" disabled={nothing} onClick={() => move(1)}>
        <span aria-hidden="true">↓</span>
      </Button>
      <span role="status" aria-label="Found" className="text-xs text-muted">
        {search && (search.failure === undefined ? hitsText(search, at, line) : failureOf(search.failure).message)}
      </span>
    </search>
  )
}
