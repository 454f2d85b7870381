'use client'

import { type ReactNode, useId } from 'react'
import { classes } from './classes'

const INPUT =
  'w-full min-w-0 rounded-md border bg-surface px-2.5 text-ink placeholder:text-muted/80 disabled:opacity-60 aria-invalid:border-bad'

/** The classes of an input, select or textarea. */
export function inputClasses(extra?: string): string {
  return classes(INPUT, 'h-8 border-line-strong/60', extra)
}

/** What ties an input to its label, hint and error. */
export type FieldProps = { id: string; 'aria-invalid'?: true; 'aria-describedby'?: string }

/** A labelled input with a hint, and an error below it that is read with it. `children` gets the props of the input. */
export function Field({
  label,
  hint,
  error,
  children,
}: {
  label: string
  hint?: ReactNode
  error?: string | undefined
  children: (props: FieldProps) => ReactNode
}) {
  const id = useId()
  const described = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(' ')
  return (
    <div className="flex min-w-0 flex-col gap-1">
      <label htmlFor={id} className="font-medium">
        {label}
      </label>
      {children({ id, ...(error && { 'aria-invalid': true }), ...(described && { 'aria-describedby': described }) })}
      {hint && (
        <p id={`${id}-hint`} className="text-xs text-muted">
          {hint}
        </p>
      )}
      <FieldError id={`${id}-error`} error={error} />
    </div>
  )
}

/** What is wrong with a field. */
export function FieldError({ id, error }: { id?: string; error: string | undefined }) {
  if (!error) return null
  return (
    <p id={id} className="text-xs font-medium text-bad wrap-anywhere">
      {error}
    </p>
  )
}
