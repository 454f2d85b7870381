'use client'

import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { BoxId } from '../../../../core/ids'
import { leaveWhenSignedOut, useTRPC } from '../../../data/trpc'

/** Changes the box; its page shows the answer at once. */
export function useChangeBox(boxId: BoxId) {
  const trpc = useTRPC()
  const queryClient = useQueryClient()
  return useMutation(
    trpc.boxes.update.mutationOptions({
      onSuccess: (box) => queryClient.setQueryData(trpc.boxes.get.queryKey({ boxId }), box),
      onError: leaveWhenSignedOut,
    }),
  )
}
