'use client'

import { useSuspenseQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useTRPC } from '../../data/trpc'
import { Notice } from '../../ui/notice'

/** True if the reader may add, change and remove boxes. The server decides; this only spares them the refusal. */
export function useMayManage(): boolean {
  const trpc = useTRPC()
  const { role } = useSuspenseQuery(trpc.account.me.queryOptions()).data
  return role === 'owner' || role === 'admin'
}

/** Shows its content to owners and admins, and tells the others whom to ask. */
export function ManagersOnly({ children }: { children: ReactNode }) {
  if (useMayManage()) return children
  return <Notice>Owners and admins of the organisation manage its boxes; ask one of them.</Notice>
}
