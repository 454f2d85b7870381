'use client'

import { type ComponentProps, type ReactNode, useId, useState } from 'react'
import { Button } from '../../../ui/button'
import { FieldError, inputClasses } from '../../../ui/field'
import type { Entry, FieldErrors, Pair } from './draft'

type ListProps = {
  title: string
  one: string
  hint?: ReactNode
  errors: FieldErrors
  field: string
  /** Stand beside the button that adds a line. */
  actions?: ReactNode
}

/** A list of texts that grows line by line. */
export function EntryList({
  entries,
  onChange,
  suggestions,
  ...list
}: ListProps & { entries: Entry[]; onChange: (entries: Entry[]) => void; suggestions?: readonly string[] }) {
  const listId = useId()
  const edit = (id: number, value: string) =>
    onChange(entries.map((entry) => (entry.id === id ? { ...entry, value } : entry)))
  return (
    <Lines
      {...list}
      lines={entries}
      onAdd={(id) => onChange([...entries, { id, value: '' }])}
      onRemove={(id) => onChange(entries.filter((entry) => entry.id !== id))}
    >
      {({ id, value }, name, isNew, described) => (
        <input
          aria-label={name}
          {...described}
          {...(suggestions && { list: listId })}
          // biome-ignore lint/a11y/noAutofocus: whoever adds a line is about to fill it
          autoFocus={isNew}
          value={value}
          autoComplete="off"
          spellCheck={false}
          onChange={(event) => edit(id, event.target.value)}
          className={inputClasses('font-mono text-[0.8125rem]')}
        />
      )}
      {suggestions && (
        <datalist id={listId}>
          {suggestions.map((text) => (
            <option key={text} value={text} />
          ))}
        </datalist>
      )}
    </Lines>
  )
}

/** A list of names with values. */
export function PairList({
  pairs,
  onChange,
  value,
  ...list
}: ListProps & {
  pairs: Pair[]
  onChange: (pairs: Pair[]) => void
  /** How the input of a value differs from a plain one. */
  value?: ComponentProps<'input'>
}) {
  const edit = (id: number, part: Partial<Pair>) =>
    onChange(pairs.map((pair) => (pair.id === id ? { ...pair, ...part } : pair)))
  return (
    <Lines
      {...list}
      lines={pairs}
      onAdd={(id) => onChange([...pairs, { id, key: '', value: '' }])}
      onRemove={(id) => onChange(pairs.filter((pair) => pair.id !== id))}
    >
      {(pair, name, isNew, described) => (
        <>
          <input
            aria-label={`${name} name`}
            {...described}
            // biome-ignore lint/a11y/noAutofocus: whoever adds a line is about to fill it
            autoFocus={isNew}
            placeholder="name"
            value={pair.key}
            autoComplete="off"
            spellCheck={false}
            onChange={(event) => edit(pair.id, { key: event.target.value })}
            className={inputClasses('font-mono text-[0.8125rem] sm:max-w-60')}
          />
          <span aria-hidden="true" className="self-center text-muted">
            =
          </span>
          <input
            aria-label={`${name} value`}
            placeholder="value"
            autoComplete="off"
            spellCheck={false}
            {...value}
            value={pair.value}
            onChange={(event) => edit(pair.id, { value: event.target.value })}
            className={inputClasses('font-mono text-[0.8125rem]')}
          />
        </>
      )}
    </Lines>
  )
}

type Described = { 'aria-invalid'?: true; 'aria-describedby'?: string }
type Inputs<L> = (line: L, name: string, isNew: boolean, described: Described) => ReactNode

/** The frame of all lists: a legend, the lines each with its error and a way to remove it, and a way to add one. */
function Lines<L extends { id: number }>({
  title,
  one,
  hint,
  errors,
  field,
  lines,
  onAdd,
  onRemove,
  actions,
  children,
}: ListProps & {
  lines: L[]
  onAdd: (id: number) => void
  onRemove: (id: number) => void
  children: Inputs<L> | [Inputs<L>, ReactNode]
}) {
  const frame = useId()
  const [added, setAdded] = useState(-1)
  const [inputs, extra] = Array.isArray(children) ? children : [children, null]
  const add = () => {
    const id = Math.max(-1, ...lines.map((line) => line.id)) + 1
    setAdded(id)
    onAdd(id)
  }
  return (
    <fieldset className="flex min-w-0 flex-col gap-2">
      <legend className="mb-1 font-medium">{title}</legend>
      {hint && <p className="text-xs text-muted">{hint}</p>}
      {lines.map((line, index) => {
        const name = `${one} ${index + 1}`
        const error = errors[`${field}.${index}`]
        const errorId = `${frame}-${line.id}`
        const described: Described = error ? { 'aria-invalid': true, 'aria-describedby': errorId } : {}
        return (
          <div key={line.id} className="flex flex-col gap-1">
            <div className="flex gap-2">
              {inputs(line, name, line.id === added, described)}
              <Button look="quiet" onClick={() => onRemove(line.id)} aria-label={`Remove ${name.toLowerCase()}`}>
                <span aria-hidden="true">✕</span>
              </Button>
            </div>
            <FieldError id={errorId} error={error} />
          </div>
        )
      })}
      {extra}
      <FieldError error={errors[field]} />
      <div className="flex flex-wrap gap-2">
        <Button size="small" onClick={add}>
          Add {one.toLowerCase()}
        </Button>
        {actions}
      </div>
    </fieldset>
  )
}
