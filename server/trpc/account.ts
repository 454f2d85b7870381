import { z } from 'zod'
import { accountSchema, getAccount } from '../../core/access/get-account'
import { listSessions, revokeOtherSessions, revokeOwnSession, sessionViewSchema } from '../../core/access/own-sessions'
import { procedure, router } from './init'
import { sessionIdSchema } from './inputs'

export const accountRouter = router({
  me: procedure.output(accountSchema).query(({ ctx }) => getAccount(ctx, ctx.userId)),

  sessions: procedure.output(z.array(sessionViewSchema)).query(({ ctx }) => listSessions(ctx)),

  revokeSession: procedure
    .input(z.strictObject({ sessionId: sessionIdSchema }))
    .output(z.null())
    .mutation(async ({ ctx, input }) => {
      await revokeOwnSession(ctx, input.sessionId)
      return null
    }),

  revokeOtherSessions: procedure
    .output(z.object({ ended: z.number().int() }))
    .mutation(async ({ ctx }) => ({ ended: await revokeOtherSessions(ctx) })),
})
