'use client'

import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { failureOf } from '../../data/failure'
import { leaveWhenSignedOut, useTRPC } from '../../data/trpc'
import { Button } from '../../ui/button'
import { CopyButton } from '../../ui/copy-button'
import { Field, inputClasses } from '../../ui/field'
import { Notice } from '../../ui/notice'

const LIFETIMES = [
  { text: '30 days', days: 30 },
  { text: '90 days', days: 90 },
  { text: '1 year', days: 365 },
  { text: 'no expiry', days: null },
] as const

/** Makes an API token and shows it, this once. */
export function NewTokenForm() {
  const trpc = useTRPC()
  const queryClient = useQueryClient()
  const [name, setName] = useState('')
  const [lifetime, setLifetime] = useState('90 days')
  const create = useMutation(
    trpc.tokens.create.mutationOptions({
      onSuccess: async () => {
        setName('')
        await queryClient.invalidateQueries(trpc.tokens.list.pathFilter())
      },
      onError: leaveWhenSignedOut,
    }),
  )
  const failure = create.error && failureOf(create.error)
  const nameIssue = failure?.issues.find(({ path }) => path === 'name')?.message
  return (
    <form
      aria-label="New API token"
      className="flex flex-col gap-3 border-b border-line p-4"
      onSubmit={(event) => {
        event.preventDefault()
        const expiresInDays = LIFETIMES.find(({ text }) => text === lifetime)?.days ?? null
        create.mutate({ name, expiresInDays })
      }}
    >
      <p className="max-w-prose text-muted">
        For CI and other programs: <code>Authorization: Bearer stout_…</code>. A token may do what you may, for as long
        as you are a member here.
      </p>
      <div className="flex flex-wrap items-start gap-3">
        <div className="min-w-0 flex-1 basis-60">
          <Field label="Name" error={nameIssue} hint="What it is for, such as “CI of the radio team”.">
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
        </div>
        <div className="basis-36">
          <Field label="Expires after">
            {(props) => (
              <select
                {...props}
                value={lifetime}
                onChange={(event) => setLifetime(event.target.value)}
                className={inputClasses()}
              >
                {LIFETIMES.map(({ text }) => (
                  <option key={text}>{text}</option>
                ))}
              </select>
            )}
          </Field>
        </div>
        <Button type="submit" look="primary" className="mt-6" disabled={create.isPending}>
          {create.isPending ? 'Making …' : 'Make token'}
        </Button>
      </div>
      {failure && !nameIssue && <Notice tone="bad">{failure.message}</Notice>}
      {create.data && (
        <div role="status">
          <Notice>
            <p>
              The token <strong className="font-semibold wrap-anywhere">{create.data.name}</strong>. Keep it now: it is
              not shown again.
            </p>
            <p className="mt-1 flex flex-wrap items-center gap-2">
              <code className="wrap-anywhere select-all">{create.data.token}</code>
              <CopyButton text={create.data.token} what="the token" />
            </p>
          </Notice>
        </div>
      )}
    </form>
  )
}
