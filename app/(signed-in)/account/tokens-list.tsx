'use client'

import { useMutation, useQueryClient, useSuspenseQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { TokenView } from '../../../core/access/token-view'
import type { TokenId } from '../../../core/ids'
import { failureOf } from '../../data/failure'
import { leaveWhenSignedOut, useTRPC } from '../../data/trpc'
import { Button } from '../../ui/button'
import { ConfirmDialog } from '../../ui/confirm-dialog'
import { Notice } from '../../ui/notice'
import { PageLinks } from '../../ui/page-links'
import { RelativeTime } from '../../ui/time'

/** The tokens that whoever looks may revoke, a page at a time. */
export function TokensList({ input }: { input: { cursor?: TokenId } }) {
  const trpc = useTRPC()
  const { items, nextCursor } = useSuspenseQuery(trpc.tokens.list.queryOptions(input)).data
  if (items.length === 0) return <p className="px-4 py-3 text-muted">There are no tokens.</p>
  return (
    <>
      <ul aria-label="API tokens">
        {items.map((token) => (
          <TokenRow key={token.id} token={token} />
        ))}
      </ul>
      <PageLinks path="/account" cursor={input.cursor} nextCursor={nextCursor} />
    </>
  )
}

function TokenRow({ token }: { token: TokenView }) {
  const [asking, setAsking] = useState(false)
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-1 border-b border-line px-4 py-2.5 last:border-b-0">
      <div className="min-w-0 flex-1 basis-60">
        <span className="font-medium wrap-anywhere">{token.name}</span>
        <span className="block text-xs text-muted">
          {token.user.name}, made <RelativeTime at={token.createdAt} />
        </span>
      </div>
      <span className="text-xs text-muted">
        {token.lastUsedAt ? (
          <>
            used <RelativeTime at={token.lastUsedAt} />
          </>
        ) : (
          'never used'
        )}
        {' · '}
        <Expiry at={token.expiresAt} />
      </span>
      <Button look="danger" size="small" aria-label={`Revoke ${token.name}`} onClick={() => setAsking(true)}>
        Revoke
      </Button>
      <RevokeDialog token={token} open={asking} onClose={() => setAsking(false)} />
    </li>
  )
}

function Expiry({ at }: { at: string | null }) {
  if (at === null) return 'does not expire'
  return (
    <>
      {Date.parse(at) < Date.now() ? 'expired' : 'expires'} <RelativeTime at={at} />
    </>
  )
}

function RevokeDialog({ token, open, onClose }: { token: TokenView; open: boolean; onClose: () => void }) {
  const trpc = useTRPC()
  const queryClient = useQueryClient()
  const revoke = useMutation(
    trpc.tokens.revoke.mutationOptions({
      onSuccess: async () => {
        onClose()
        await queryClient.invalidateQueries(trpc.tokens.list.pathFilter())
      },
      onError: leaveWhenSignedOut,
    }),
  )
  return (
    <ConfirmDialog
      open={open}
      onClose={onClose}
      title="Revoke token"
      actions={
        <>
          <Button onClick={onClose}>Keep it</Button>
          <Button
            look="danger"
            disabled={revoke.isPending}
            onClick={() => revoke.mutate({ tokenId: token.id as TokenId })}
          >
            {revoke.isPending ? 'Revoking …' : 'Revoke token'}
          </Button>
        </>
      }
    >
      <p className="wrap-anywhere">
        Whatever uses <strong className="font-semibold">{token.name}</strong> is refused from now on, and what it
        follows live ends within seconds. Jobs that it submitted go on.
      </p>
      {revoke.error && <Notice tone="bad">{failureOf(revoke.error).message}</Notice>}
    </ConfirmDialog>
  )
}
