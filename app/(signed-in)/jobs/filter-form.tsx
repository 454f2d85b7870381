'use client'

import { useQuery, useSuspenseQuery } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { type FormEvent, useState } from 'react'
import { useTRPC } from '../../data/trpc'
import { Button } from '../../ui/button'
import { useHydrated } from '../../ui/clock'
import { Field, inputClasses } from '../../ui/field'
import { isOpen, jobsPath, type ListFilter, NO_FILTER, readFilter } from './list-filter'

const MOST_OFFERED = 200

/** Searches the list, and narrows it by what else is known of jobs; all of it ends in the address. */
export function FilterForm({ filter }: { filter: ListFilter }) {
  const router = useRouter()
  const { text: _, ...apart } = filter
  const [more, setMore] = useState(!isOpen(apart))
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const given = new FormData(event.currentTarget)
    const text = (name: string) => String(given.get(name) ?? '')
    const fields = { text: text('text'), box: text('box'), group: text('group'), by: text('by') }
    const label = text('label').split(/[\s,]+/)
    const times = { after: toInstant(text('after')), before: toInstant(text('before')) }
    router.push(jobsPath({ ...readFilter({ ...fields, label, ...times }), state: filter.state }))
  }
  return (
    <search aria-label="Jobs">
      <form onSubmit={submit} className="flex flex-col gap-3">
        <div className="flex flex-wrap gap-2">
          <input
            type="search"
            name="text"
            aria-label="Search jobs"
            placeholder="Name, label, error or box"
            maxLength={200}
            defaultValue={filter.text}
            className={inputClasses('flex-1 basis-48 sm:max-w-96')}
          />
          <Button type="submit">Search</Button>
          <Button look="quiet" aria-expanded={more} onClick={() => setMore(!more)}>
            {more ? 'Fewer filters' : 'More filters'}
          </Button>
          {!isOpen(filter) && (
            <Button look="quiet" onClick={() => router.push(jobsPath({ ...NO_FILTER, state: filter.state }))}>
              Clear
            </Button>
          )}
        </div>
        {more && <MoreFilters filter={filter} />}
      </form>
    </search>
  )
}

function MoreFilters({ filter }: { filter: ListFilter }) {
  const trpc = useTRPC()
  const { user } = useSuspenseQuery(trpc.account.me.queryOptions()).data
  const boxes = useQuery(trpc.boxes.list.queryOptions({ limit: MOST_OFFERED }))
  const groups = useQuery(trpc.groups.list.queryOptions({ limit: MOST_OFFERED }))
  const isHydrated = useHydrated()
  const local = (at: string | undefined) => (isHydrated && at ? toLocal(at) : '')
  const me = `user:${user.id}`
  return (
    <div className="grid gap-3 rounded-lg border border-line bg-surface p-3 text-[0.8125rem] sm:grid-cols-2 lg:grid-cols-6">
      <Choice label="Box" name="box" any="Any box" value={filter.boxId}>
        {boxes.data?.items.map(({ id, name }) => [id, name])}
      </Choice>
      <Choice label="Group" name="group" any="Any group" value={filter.group}>
        {groups.data?.items.map(({ name }) => [name, name])}
      </Choice>
      <Choice label="Submitted by" name="by" any="Anybody" value={filter.submittedBy}>
        {[[me, `me (${user.name})`]]}
      </Choice>
      <Field label="Labels" hint="key or key=value">
        {(props) => <input {...props} name="label" defaultValue={filter.label.join(' ')} className={inputClasses()} />}
      </Field>
      {(['after', 'before'] as const).map((name) => (
        <Field key={`${name}${isHydrated}`} label={name === 'after' ? 'Submitted from' : 'Submitted before'}>
          {(props) => (
            <input
              {...props}
              type="datetime-local"
              name={name}
              defaultValue={local(name === 'after' ? filter.createdAfter : filter.createdBefore)}
              className={inputClasses()}
            />
          )}
        </Field>
      ))}
    </div>
  )
}

/** A choice among names. What the address names is offered too, known or not. */
function Choice({
  label,
  name,
  any,
  value,
  children,
}: {
  label: string
  name: string
  any: string
  value: string | undefined
  children: string[][] | undefined
}) {
  const offered = children ?? []
  const isOffered = value === undefined || offered.some(([id]) => id === value)
  return (
    <Field label={label}>
      {(props) => (
        // the options come later than the choice that the address made
        <select {...props} key={offered.length} name={name} defaultValue={value ?? ''} className={inputClasses()}>
          <option value="">{any}</option>
          {!isOffered && <option value={value}>{value}</option>}
          {offered.map(([id, text]) => (
            <option key={id} value={id}>
              {text}
            </option>
          ))}
        </select>
      )}
    </Field>
  )
}

/** An instant as the field for date and time writes it, in the reader's zone. */
function toLocal(at: string): string {
  const date = new Date(at)
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16)
}

function toInstant(local: string): string | undefined {
  const date = new Date(local)
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString()
}
