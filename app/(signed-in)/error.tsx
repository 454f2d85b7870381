'use client'

import { useQueryErrorResetBoundary } from '@tanstack/react-query'
import { failureOf } from '../data/failure'
import { Button } from '../ui/button'
import { Empty } from '../ui/empty'

/** A page that could not be shown: why, as far as it is known, and another try. */
export default function PageError({ error, retry }: { error: unknown; retry: () => void }) {
  const { reset } = useQueryErrorResetBoundary()
  const { message, requestId } = failureOf(error)
  const again = () => {
    reset()
    retry()
  }
  return (
    <div role="alert" className="rounded-lg border border-line bg-surface">
      <Empty
        title="This page could not be shown"
        action={
          <Button look="primary" onClick={again}>
            Try again
          </Button>
        }
      >
        <p>{message}</p>
        {requestId && <p className="mt-1 font-mono text-xs">{requestId}</p>}
      </Empty>
    </div>
  )
}
