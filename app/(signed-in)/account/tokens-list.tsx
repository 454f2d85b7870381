'use client'

import { useSuspenseQuery } from '@tanstack/react-query'
import type { TokenView } from '../../../core/access/token-view'
import type { TokenId } from '../../../core/ids'
import { useTRPC } from '../../data/trpc'
import { useDialog } from '../../data/use-dialog'
import { Button } from '../../ui/button'
import { useNow } from '../../ui/clock'
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
  const trpc = useTRPC()
  const revoke = useDialog(trpc.tokens.revoke.mutationOptions(), (_, cache) =>
    cache.invalidateQueries(trpc.tokens.list.queryFilter()),
  )
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-1 border-b border-line px-4 py-2.5 last:border-b-0">
      <div className="min-w-0 flex-1 basis-60">
        <span className="font-medium wrap-anywhere">{token.name}</span>
        <span className="block text-xs text-muted">
          {token.user.name}, made <RelativeTime at={token.createdAt} />
        </span>
      </div>
      <span className="text-xs text-muted">
        <LastUse at={token.lastUsedAt} /> · <Expiry at={token.expiresAt} />
      </span>
      <Button look="danger" size="small" aria-label={`Revoke ${token.name}`} onClick={revoke.ask}>
        Revoke
      </Button>
      <ConfirmDialog
        open={revoke.open}
        onClose={revoke.close}
        title="Revoke token"
        actions={
          <>
            <Button onClick={revoke.close}>Keep it</Button>
            <Button look="danger" disabled={revoke.busy} onClick={() => revoke.send({ tokenId: token.id as TokenId })}>
              {revoke.busy ? 'Revoking …' : 'Revoke token'}
            </Button>
          </>
        }
      >
        <p className="wrap-anywhere">
          Whatever uses <strong className="font-semibold">{token.name}</strong> is refused from now on, and what it
          follows live ends within seconds. Jobs that it submitted go on.
        </p>
        {revoke.failure && <Notice tone="bad">{revoke.failure.message}</Notice>}
      </ConfirmDialog>
    </li>
  )
}

function LastUse({ at }: { at: string | null }) {
  if (at === null) return 'never used'
  return (
    <>
      used <RelativeTime at={at} />
    </>
  )
}

function Expiry({ at }: { at: string | null }) {
  const now = useNow()
  if (at === null) return 'does not expire'
  return (
    <>
      {Date.parse(at) < now ? 'expired' : 'expires'} <RelativeTime at={at} />
    </>
  )
}
