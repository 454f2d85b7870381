'use client'

import { type QueryFilters, useQueryClient } from '@tanstack/react-query'
import { useEffect, useEffectEvent } from 'react'
import { coalesce } from './coalesce'
import { useLiveConnection } from './provider'

/** A shown query is read again at most once per this, however often its topic wakes. */
const REFRESH_GAP_MS = 200

/**
 * Calls `onWake` whenever the topic moves, with how far it has come (0: unknown), also once after the stream was opened or came
 * back. Nothing happens without a topic.
 */
export function useLive(topic: string | null, onWake: (n: number) => void): void {
  const connection = useLiveConnection()
  const wake = useEffectEvent(onWake)
  useEffect(() => (topic === null ? undefined : connection.subscribe(topic, (n) => wake(n))), [connection, topic])
}

/** Reads the queries again whenever the topic moves. Nothing happens without a topic. */
export function useLiveQueries(topic: string | null, queries: QueryFilters[]): void {
  const queryClient = useQueryClient()
  const connection = useLiveConnection()
  const refresh = useEffectEvent(() => Promise.all(queries.map((query) => queryClient.invalidateQueries(query))))
  useEffect(
    () =>
      topic === null
        ? undefined
        : connection.subscribe(
            topic,
            coalesce(() => refresh(), REFRESH_GAP_MS),
          ),
    [connection, topic],
  )
}
