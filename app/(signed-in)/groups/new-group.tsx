'use client'

import { useTRPC } from '../../data/trpc'
import { useDialog } from '../../data/use-dialog'
import { Button } from '../../ui/button'
import { useMayManage } from '../boxes/managers-only'
import { GroupDialog } from './group-dialog'

/** The button that makes a group, for those who may. */
export function NewGroup() {
  const trpc = useTRPC()
  const create = useDialog(trpc.groups.create.mutationOptions(), (_, cache) =>
    cache.invalidateQueries(trpc.groups.list.queryFilter()),
  )
  if (!useMayManage()) return null
  return (
    <>
      <Button look="primary" onClick={create.ask}>
        New group
      </Button>
      <GroupDialog title="New group" doing={{ now: 'Make group', busy: 'Making …' }} dialog={create} />
    </>
  )
}
