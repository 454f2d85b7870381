'use client'

import type { Route } from 'next'
import { signIn } from 'next-auth/react'
import { type FormEvent, useState } from 'react'
import { Button } from '../ui/button'
import { useHydrated } from '../ui/clock'
import { Field, inputClasses } from '../ui/field'
import { Notice } from '../ui/notice'

const WRONG = 'E-mail or password is wrong.'
const TOO_MANY = 'Too many wrong tries. Wait a minute, then try again.'
const AWAY = 'Stout does not answer just now. Try again in a moment.'

/**
 * Signs in by e-mail and password, then opens `next` afresh, so that nothing of an earlier session is left in memory. What stood behind `#`
 * in the address that led here (lines of a log) goes along: browsers keep it, and servers never see it.
 */
export function SignInForm({ next }: { next: Route }) {
  const [failure, setFailure] = useState('')
  const [busy, setBusy] = useState(false)
  const hydrated = useHydrated() // sent before that, the form would go nowhere

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    const given = new FormData(event.currentTarget)
    const [email, password] = [String(given.get('email') ?? ''), String(given.get('password') ?? '')]
    setBusy(true)
    setFailure('')
    const answer = await signIn('password', { email, password, redirect: false }).catch(() => undefined)
    if (answer?.ok) return window.location.assign(`${next}${window.location.hash}`)
    setFailure(answer?.status === 401 ? WRONG : answer?.status === 429 ? TOO_MANY : AWAY)
    setBusy(false)
  }

  return (
    <form method="post" onSubmit={submit} className="flex flex-col gap-4">
      {failure && <Notice tone="bad">{failure}</Notice>}
      <Field label="E-mail">
        {(props) => (
          <input
            {...props}
            name="email"
            type="email"
            autoComplete="username"
            required
            // biome-ignore lint/a11y/noAutofocus: signing in is all that this page is for
            autoFocus
            className={inputClasses()}
          />
        )}
      </Field>
      <Field label="Password">
        {(props) => (
          <input
            {...props}
            name="password"
            type="password"
            autoComplete="current-password"
            required
            className={inputClasses()}
          />
        )}
      </Field>
      <Button type="submit" look="primary" disabled={busy || !hydrated}>
        {busy ? 'Signing in …' : 'Sign in'}
      </Button>
    </form>
  )
}
