'use client'

import { useMutation, useQueryClient, useSuspenseQuery } from '@tanstack/react-query'
import type { SessionView } from '../../../core/access/own-sessions'
import type { SessionId } from '../../../core/ids'
import { failureOf } from '../../data/failure'
import { leaveWhenSignedOut, useTRPC } from '../../data/trpc'
import { Button } from '../../ui/button'
import { Notice } from '../../ui/notice'
import { RelativeTime } from '../../ui/time'
import { describeUserAgent } from './user-agent'

/** Where one is signed in, each with the way out. */
export function SessionsList() {
  const trpc = useTRPC()
  const queryClient = useQueryClient()
  const sessions = useSuspenseQuery(trpc.account.sessions.queryOptions()).data
  const settle = {
    onSuccess: async () => await queryClient.invalidateQueries(trpc.account.sessions.queryFilter()),
    onError: leaveWhenSignedOut,
  }
  const end = useMutation(trpc.account.revokeSession.mutationOptions(settle))
  const endOthers = useMutation(trpc.account.revokeOtherSessions.mutationOptions(settle))
  const error = end.error ?? endOthers.error
  return (
    <>
      <ul aria-label="Sessions">
        {sessions.map((session) => (
          <SessionRow
            key={session.id}
            session={session}
            ending={end.isPending && end.variables.sessionId === session.id}
            onEnd={() => end.mutate({ sessionId: session.id as SessionId })}
          />
        ))}
      </ul>
      {error && <Notice tone="bad">{failureOf(error).message}</Notice>}
      {sessions.length > 1 && (
        <div className="border-t border-line p-3">
          <Button look="danger" disabled={endOthers.isPending} onClick={() => endOthers.mutate()}>
            Sign out everywhere else
          </Button>
        </div>
      )}
    </>
  )
}

function SessionRow({ session, ending, onEnd }: { session: SessionView; ending: boolean; onEnd: () => void }) {
  const what = describeUserAgent(session.userAgent)
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-1 border-b border-line px-4 py-2.5 last:border-b-0">
      <div className="min-w-0 flex-1 basis-60">
        <span className="font-medium wrap-anywhere" title={session.userAgent}>
          {what}
        </span>
        <span className="block text-xs text-muted">
          signed in <RelativeTime at={session.createdAt} /> · last seen <RelativeTime at={session.lastSeenAt} />
        </span>
      </div>
      {session.current ? (
        <span className="text-xs font-medium text-good">this one</span>
      ) : (
        <Button look="danger" size="small" aria-label={`End the session of ${what}`} disabled={ending} onClick={onEnd}>
          {ending ? 'Ending …' : 'End'}
        </Button>
      )}
    </li>
  )
}
