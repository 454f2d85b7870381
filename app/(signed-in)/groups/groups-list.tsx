'use client'

import { useSuspenseQuery } from '@tanstack/react-query'
import type { GroupView } from '../../../core/groups/group-view'
import type { GroupId } from '../../../core/ids'
import { useTRPC } from '../../data/trpc'
import { useDialog } from '../../data/use-dialog'
import { useLiveQueries } from '../../live/use-live'
import { Button } from '../../ui/button'
import { ConfirmDialog } from '../../ui/confirm-dialog'
import { Empty } from '../../ui/empty'
import { Link } from '../../ui/link'
import { Notice } from '../../ui/notice'
import { PageLinks } from '../../ui/page-links'
import { boxPath } from '../../ui/paths'
import { useMayManage } from '../boxes/managers-only'
import { GroupDialog } from './group-dialog'

/** Groups by name, each with its boxes. */
export function GroupsList({ input }: { input: { cursor?: string } }) {
  const trpc = useTRPC()
  const { items, nextCursor } = useSuspenseQuery(trpc.groups.list.queryOptions(input)).data
  useLiveQueries('boxes', [trpc.groups.list.queryFilter(input)])
  if (items.length === 0)
    return (
      <Empty title="No groups">A job can target a group, and runs on whichever of its boxes fits and is free.</Empty>
    )
  return (
    <>
      <ul aria-label="Groups">
        {items.map((group) => (
          <GroupRow key={group.id} group={group} />
        ))}
      </ul>
      <PageLinks path="/groups" cursor={input.cursor} nextCursor={nextCursor} />
    </>
  )
}

function GroupRow({ group }: { group: GroupView }) {
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-1 border-b border-line px-4 py-2.5 last:border-b-0">
      <div className="min-w-0 flex-1 basis-60">
        <span className="font-medium wrap-anywhere">{group.name}</span>
        <ul aria-label={`Boxes of ${group.name}`} className="flex flex-wrap gap-x-3 text-xs">
          {group.boxes.length === 0 && <li className="text-muted">no boxes: jobs for it wait</li>}
          {group.boxes.map((box) => (
            <li key={box.id}>
              <Link href={boxPath(box.id)}>{box.name}</Link>
            </li>
          ))}
        </ul>
      </div>
      {useMayManage() && <GroupActions group={group} />}
    </li>
  )
}

function GroupActions({ group }: { group: GroupView }) {
  const trpc = useTRPC()
  const groupId = group.id as GroupId
  const update = useDialog(trpc.groups.update.mutationOptions(), (_, cache) =>
    cache.invalidateQueries(trpc.groups.list.queryFilter()),
  )
  const remove = useDialog(trpc.groups.remove.mutationOptions(), (_, cache) =>
    cache.invalidateQueries(trpc.groups.list.queryFilter()),
  )
  return (
    <div className="flex gap-2">
      <Button size="small" aria-label={`Edit ${group.name}`} onClick={update.ask}>
        Edit
      </Button>
      <GroupDialog
        title="Edit group"
        doing={{ now: 'Save', busy: 'Saving …' }}
        dialog={{ ...update, send: (fields) => update.send({ ...fields, groupId }) }}
        before={{ name: group.name, boxes: group.boxes.map(({ name }) => name) }}
      />
      <Button size="small" look="danger" aria-label={`Delete ${group.name}`} onClick={remove.ask}>
        Delete
      </Button>
      <ConfirmDialog
        open={remove.open}
        onClose={remove.close}
        title="Delete group"
        actions={
          <>
            <Button onClick={remove.close}>Keep it</Button>
            <Button look="danger" disabled={remove.busy} onClick={() => remove.send({ groupId })}>
              {remove.busy ? 'Deleting …' : 'Delete group'}
            </Button>
          </>
        }
      >
        <p className="wrap-anywhere">
          The boxes of <strong className="font-semibold">{group.name}</strong> stay. Jobs that wait for the group go on
          waiting until they are cancelled or their queue limit ends.
        </p>
        {remove.failure && <Notice tone="bad">{remove.failure.message}</Notice>}
      </ConfirmDialog>
    </div>
  )
}
