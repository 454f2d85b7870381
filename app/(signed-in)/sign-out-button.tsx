'use client'

import { signOut } from 'next-auth/react'
import { useState } from 'react'
import { Button } from '../ui/button'

/** Ends the session, on the server too, and opens the sign-in page afresh. */
export function SignOutButton() {
  const [state, setState] = useState<'idle' | 'busy' | 'failed'>('idle')

  async function leave() {
    setState('busy')
    try {
      await signOut({ redirect: false })
      window.location.assign('/sign-in')
    } catch {
      setState('failed')
    }
  }

  return (
    <Button size="small" onClick={leave} disabled={state === 'busy'}>
      {state === 'failed' ? 'Try to sign out again' : 'Sign out'}
    </Button>
  )
}
