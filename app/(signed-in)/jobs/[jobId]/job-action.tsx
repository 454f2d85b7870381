'use client'

import { useId } from 'react'
import { Button, type ButtonProps } from '../../../ui/button'

/** A button for something that can be done to a job. Where it can't, it says why, to eyes and ears. */
export function JobAction({
  whyNot,
  onClick,
  children,
  ...rest
}: ButtonProps & { whyNot: string | undefined; onClick: () => void }) {
  const reasonId = useId()
  return (
    <>
      <Button
        {...rest}
        aria-disabled={whyNot !== undefined}
        {...(whyNot && { 'aria-describedby': reasonId, title: whyNot })}
        onClick={() => {
          if (!whyNot) onClick()
        }}
      >
        {children}
      </Button>
      {whyNot && (
        <span id={reasonId} className="sr-only">
          {whyNot}
        </span>
      )}
    </>
  )
}
