import { z } from 'zod'
import { createToken, newTokenSchema } from '../../core/access/create-token'
import { listTokens } from '../../core/access/list-tokens'
import { revokeToken } from '../../core/access/revoke-token'
import { tokenViewSchema } from '../../core/access/token-view'
import { TOKEN, TOKEN_TEXT } from './examples'
import { procedure, router } from './init'
import { CURSOR, pageLimit, tokenIdSchema } from './inputs'

const tags = ['tokens']

export const tokensRouter = router({
  list: procedure
    .meta({
      openapi: {
        ...{ method: 'GET', path: '/tokens', tags, summary: 'List API tokens, newest first' },
        description: 'Your own; those of everybody in the organisation for an owner or admin.',
      },
      example: { answer: { items: [TOKEN], nextCursor: null } },
    })
    .input(z.strictObject({ cursor: tokenIdSchema.optional().meta(CURSOR), limit: pageLimit() }))
    .output(z.object({ items: z.array(tokenViewSchema), nextCursor: z.string().nullable() }))
    .query(({ ctx, input }) => listTokens(ctx, input)),

  create: procedure
    .meta({
      openapi: {
        ...{ method: 'POST', path: '/tokens', tags, summary: 'Make an API token; it is told this once' },
        description: 'It acts for whoever makes it. A token that expires makes none that outlives it.',
      },
      created: () => '/api/v1/tokens',
      errors: { 422: 'It would outlive the token that it is made with.' },
      example: { body: { name: 'ci', expiresInDays: 90 }, answer: { ...TOKEN, token: TOKEN_TEXT } },
    })
    .input(newTokenSchema)
    .output(tokenViewSchema.extend({ token: z.string() }).meta({ id: 'NewToken' }))
    .mutation(({ ctx, input }) => createToken(ctx, input)),

  revoke: procedure
    .meta({
      openapi: {
        ...{ method: 'DELETE', path: '/tokens/{tokenId}', tags, summary: 'Revoke an API token' },
        description: 'It opens nothing from now on. Revoking it again is harmless.',
      },
      example: { answer: { ...TOKEN, revokedAt: TOKEN.createdAt } },
    })
    .input(z.strictObject({ tokenId: tokenIdSchema }))
    .output(tokenViewSchema)
    .mutation(({ ctx, input }) => revokeToken(ctx, input.tokenId)),
})
