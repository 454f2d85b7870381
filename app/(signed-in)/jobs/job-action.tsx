'use client'

import { useId } from 'react'
import { Button, type ButtonProps } from '../../ui/button'

/** A button for something that can be done to a job. Where it can't, it says why: to ears at once, to eyes when it is pointed at or has the focus. */
export function JobAction({
  whyNot,
  onClick,
  children,
  ...rest
}: ButtonProps & { whyNot: string | undefined; onClick: () => void }) {
  const reasonId = useId()
  return (
    <span className="group relative">
      <Button
        {...rest}
        aria-disabled={whyNot !== undefined}
        {...(whyNot && { 'aria-describedby': reasonId })}
        onClick={() => {
          if (!whyNot) onClick()
        }}
      >
        {children}
      </Button>
      {whyNot && (
        <span
          id={reasonId}
          className="z-40 sr-only max-sm:inset-x-4 max-sm:bottom-4 sm:top-full sm:right-0 group-focus-within:not-sr-only group-hover:not-sr-only max-sm:group-focus-within:fixed max-sm:group-hover:fixed sm:group-focus-within:absolute sm:group-focus-within:w-max sm:group-focus-within:max-w-72 sm:group-hover:absolute sm:group-hover:w-max sm:group-hover:max-w-72"
        >
          <span className="block rounded-md border border-line bg-surface px-2.5 py-1.5 text-xs text-ink shadow-lg sm:mt-1.5">
            {whyNot}
          </span>
        </span>
      )}
    </span>
  )
}
