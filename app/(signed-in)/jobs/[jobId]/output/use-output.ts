'use client'

import { useEffect, useMemo, useState, useSyncExternalStore } from 'react'
import type { JobId } from '../../../../../core/ids'
import { useTRPCClient } from '../../../../data/trpc'
import { useLive } from '../../../../live/use-live'
import { LogScan } from '../log/log-scan'
import type { Value } from './value-columns'

/** A log of more lines is looked through only when somebody asks for it. */
const LINES_AT_ONCE = 100_000

/** The values of an attempt's output channel, as they come. `ask` starts where a long log was not looked through. */
export function useOutput(jobId: JobId, attempt: number, lineCount: number) {
  const client = useTRPCClient()
  const [asked, setAsked] = useState(lineCount <= LINES_AT_ONCE)
  const scan = useMemo(
    () =>
      new LogScan<Value>((range, signal) =>
        client.jobs.output.query({ jobId, attempt, ...range }, { signal, context: { alone: true } }),
      ),
    [client, jobId, attempt],
  )
  useSyncExternalStore(
    scan.watch,
    () => scan.version,
    () => 0,
  )
  useEffect(() => {
    if (asked) scan.wake()
    return () => scan.rest()
  }, [scan, asked])
  useLive(asked ? `log:${jobId}:${attempt}` : null, () => scan.wake())
  return { scan, asked, ask: () => setAsked(true) }
}
