'use client'

import { useQueryClient } from '@tanstack/react-query'
import { createContext, type ReactNode, useContext, useEffect, useState, useSyncExternalStore } from 'react'
import { useTRPC } from '../data/trpc'
import { LiveConnection, type LiveStatus } from './connection'

const Connection = createContext<LiveConnection | null>(null)

/** Gives the pages below it the tab's one live stream. */
export function LiveProvider({ children }: { children: ReactNode }) {
  const trpc = useTRPC()
  const queryClient = useQueryClient()
  const [connection] = useState(() => {
    const askWhoIAm = () => void queryClient.invalidateQueries(trpc.account.me.queryFilter())
    return new LiveConnection((url) => new EventSource(url), askWhoIAm)
  })
  useEffect(() => () => connection.close(), [connection])
  return <Connection value={connection}>{children}</Connection>
}

/** The tab's live stream. @throws Error outside of LiveProvider */
export function useLiveConnection(): LiveConnection {
  const connection = useContext(Connection)
  if (!connection) throw new Error('LiveProvider is missing')
  return connection
}

export function useLiveStatus(): LiveStatus {
  const connection = useLiveConnection()
  return useSyncExternalStore(
    (onChange) => connection.watch(onChange),
    () => connection.status,
    () => 'connecting',
  )
}
