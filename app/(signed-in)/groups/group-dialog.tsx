'use client'

import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { failureOf } from '../../data/failure'
import { useTRPC } from '../../data/trpc'
import type { Dialog } from '../../data/use-dialog'
import { Button } from '../../ui/button'
import { ConfirmDialog } from '../../ui/confirm-dialog'
import { Field, inputClasses } from '../../ui/field'
import { Notice } from '../../ui/notice'

type Fields = { name: string; boxes: string[] }
const NO_FIELDS: Fields = { name: '', boxes: [] }

/** Asks for the name of a group and for its boxes. @param before what they are, for a group that is there */
export function GroupDialog({
  title,
  doing,
  dialog,
  before = NO_FIELDS,
}: {
  title: string
  doing: { now: string; busy: string }
  dialog: Dialog<Fields>
  before?: Fields
}) {
  return (
    <ConfirmDialog open={dialog.open} onClose={dialog.close} title={title} actions={null}>
      <GroupForm doing={doing} dialog={dialog} before={before} />
    </ConfirmDialog>
  )
}

/** Made anew each time that the dialog opens. */
function GroupForm({
  doing,
  dialog,
  before,
}: {
  doing: { now: string; busy: string }
  dialog: Dialog<Fields>
  before: Fields
}) {
  const [name, setName] = useState(before.name)
  const [boxes, setBoxes] = useState(before.boxes)
  const { failure } = dialog
  const nameIssue = failure?.issues.find(({ path }) => path === 'name')?.message
  return (
    <form
      className="flex flex-col gap-3"
      onSubmit={(event) => {
        event.preventDefault()
        dialog.send({ name, boxes })
      }}
    >
      <Field label="Name" error={nameIssue}>
        {(props) => (
          <input
            {...props}
            value={name}
            maxLength={100}
            onChange={(event) => setName(event.target.value)}
            className={inputClasses()}
          />
        )}
      </Field>
      <BoxChoice chosen={boxes} onChosen={setBoxes} />
      {failure && !nameIssue && <Notice tone="bad">{failure.message}</Notice>}
      <div className="flex flex-wrap justify-end gap-2">
        <Button onClick={dialog.close}>Leave it</Button>
        <Button type="submit" look="primary" disabled={dialog.busy}>
          {dialog.busy ? doing.busy : doing.now}
        </Button>
      </div>
    </form>
  )
}

const MOST_BOXES = 200

function BoxChoice({ chosen, onChosen }: { chosen: string[]; onChosen: (names: string[]) => void }) {
  const trpc = useTRPC()
  const { data, error } = useQuery(trpc.boxes.list.queryOptions({ limit: MOST_BOXES }))
  if (error) return <Notice tone="bad">{failureOf(error).message}</Notice>
  // chosen ones that are not on the first page stay chosen
  const names = [...new Set([...chosen, ...(data?.items.map((box) => box.name) ?? [])])].sort()
  return (
    <fieldset className="min-w-0">
      <legend className="mb-1 font-medium">Boxes</legend>
      {names.length === 0 && <p className="text-muted">{data ? 'There are no boxes yet.' : 'Loading boxes …'}</p>}
      <div className="flex max-h-60 flex-col gap-1 overflow-y-auto">
        {names.map((name) => (
          <label key={name} className="flex items-center gap-2 wrap-anywhere">
            <input
              type="checkbox"
              checked={chosen.includes(name)}
              onChange={(event) =>
                onChosen(event.target.checked ? [...chosen, name] : chosen.filter((other) => other !== name))
              }
            />
            {name}
          </label>
        ))}
      </div>
    </fieldset>
  )
}
