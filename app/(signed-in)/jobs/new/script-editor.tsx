'use client'

import { type ChangeEvent, type KeyboardEvent, useId, useRef, useState } from 'react'
import { Button } from '../../../ui/button'
import { classes } from '../../../ui/classes'
import { Field } from '../../../ui/field'
import { formatBytes } from '../../../ui/format'
import { isBundle } from './bundle/folder'
import { indent } from './indent'

/** Escape lets the next Tab leave the editor, so that nobody is caught in it. */
const LEAVE_HINT = 'Tab indents; Esc, then Tab leaves the editor.'
const ROWS = 18

/**
 * A plain editor for Python: monospace, line numbers, Tab and Enter indent. A file can be loaded or dropped into it; what would be
 * a bundle is left to the form around it.
 */
export function ScriptEditor({
  value,
  onChange,
  onFile,
  maxBytes,
  error,
}: {
  value: string
  onChange: (script: string) => void
  /** Told the name of a file that was loaded. */
  onFile: (name: string) => void
  maxBytes: number
  error: string | undefined
}) {
  const [refused, setRefused] = useState('')
  const tabLeaves = useRef(false)

  function onKeyDown(event: KeyboardEvent<HTMLTextAreaElement>) {
    if (event.key === 'Escape') tabLeaves.current = true
    else if (event.key === 'Tab' && tabLeaves.current) return
    else if (event.key !== 'Shift') tabLeaves.current = false
    if (event.ctrlKey || event.metaKey || event.altKey || event.nativeEvent.isComposing) return
    const area = event.currentTarget
    const edit = indent(area.value, area.selectionStart, area.selectionEnd, event.key, event.shiftKey)
    if (!edit) return
    event.preventDefault()
    area.setSelectionRange(edit.from, edit.to)
    replaceSelection(area, edit.text)
    area.setSelectionRange(edit.selectFrom, edit.selectTo)
  }

  async function load(file: File | undefined) {
    if (!file) return
    if (file.size > maxBytes)
      return setRefused(`${file.name} has ${formatBytes(file.size)}; at most ${formatBytes(maxBytes)} fit.`)
    setRefused('')
    onChange(await file.text())
    onFile(file.name)
  }

  return (
    <Field label="Script" hint={`Python, at most ${formatBytes(maxBytes)}. ${LEAVE_HINT}`} error={refused || error}>
      {(props) => (
        <>
          <div
            className={classes(
              'flex overflow-hidden rounded-md border bg-log focus-within:outline-2 focus-within:outline-accent',
              props['aria-invalid'] ? 'border-bad' : 'border-line-strong/60',
            )}
          >
            <Numbered value={value}>
              <textarea
                {...props}
                value={value}
                rows={ROWS}
                wrap="off"
                spellCheck={false}
                autoCapitalize="off"
                autoCorrect="off"
                placeholder={'print("hello from the bench")'}
                onChange={(event) => onChange(event.target.value)}
                onKeyDown={onKeyDown}
                onBlur={() => {
                  tabLeaves.current = false
                }}
                onDrop={(event) => {
                  if (event.dataTransfer.files.length === 0 || isBundle(event.dataTransfer)) return
                  event.preventDefault()
                  void load(event.dataTransfer.files[0])
                }}
                className="min-h-40 w-full resize-y bg-transparent py-2 pr-3 pl-2 font-mono text-[0.8125rem] leading-5 outline-none [tab-size:4]"
              />
            </Numbered>
          </div>
          <LoadFile onFile={load} />
        </>
      )}
    </Field>
  )
}

/** Puts line numbers beside a textarea that scroll with it. */
function Numbered({ value, children }: { value: string; children: React.ReactNode }) {
  const gutter = useRef<HTMLPreElement>(null)
  const count = value.split('\n').length
  return (
    <div
      className="flex w-full"
      onScrollCapture={(event) => {
        if (gutter.current) gutter.current.style.transform = `translateY(${-(event.target as Element).scrollTop}px)`
      }}
    >
      <div aria-hidden="true" className="shrink-0 overflow-hidden border-r border-line bg-sunken/50 select-none">
        <pre ref={gutter} className="h-0 py-2 pr-2 pl-3 text-right font-mono text-[0.8125rem] leading-5 text-muted">
          {Array.from({ length: Math.max(count, 1) }, (_, index) => index + 1).join('\n')}
        </pre>
      </div>
      {children}
    </div>
  )
}

function LoadFile({ onFile }: { onFile: (file: File | undefined) => Promise<void> }) {
  const id = useId()
  const input = useRef<HTMLInputElement>(null)
  const choose = (event: ChangeEvent<HTMLInputElement>) => {
    void onFile(event.target.files?.[0])
    event.target.value = ''
  }
  return (
    <div>
      <input
        ref={input}
        id={id}
        type="file"
        accept=".py,text/x-python,text/plain"
        aria-label="Script file"
        hidden
        onChange={choose}
      />
      <Button size="small" onClick={() => input.current?.click()}>
        Load a file …
      </Button>
    </div>
  )
}

/** Types over the selection as a person would, so that undo knows it. */
function replaceSelection(area: HTMLTextAreaElement, text: string): void {
  if (text === '' && area.selectionStart === area.selectionEnd) return
  const done = text === '' ? document.execCommand('delete') : document.execCommand('insertText', false, text)
  if (done) return
  area.setRangeText(text, area.selectionStart, area.selectionEnd, 'end')
  area.dispatchEvent(new Event('input', { bubbles: true }))
}
