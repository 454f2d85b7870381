import { z } from 'zod'
import { Invalid } from '../errors'
import { lockOrg, recordOrgEvent } from '../events/record-org-event'
import { once } from '../idempotency/once'
import { newId, type TokenId } from '../ids'
import { plainNameSchema } from '../plain-name'
import { hashToken, newToken } from './api-tokens'
import type { Keys } from './keys'
import { type TokenReader, type TokenView, toTokenView, visibleTokens } from './token-view'

const DAY_MS = 86_400_000

/** An API token as it is asked for. */
export const newTokenSchema = z.strictObject({
  name: plainNameSchema.meta({ description: 'What it is for; stands in the events that it causes.' }),
  expiresInDays: z
    .number()
    .int('must be a whole number')
    .min(1, 'must be at least 1')
    .max(3_650, 'must be at most 3650')
    .nullable()
    .default(null)
    .meta({ description: 'null: it does not expire.' }),
})
export type NewToken = z.infer<typeof newTokenSchema>

/** Who makes a token, and with which: a token makes none that outlives it. */
export type TokenMaker = TokenReader & { keys: Keys; credential: { kind: 'session' } | { kind: 'token'; id: TokenId } }

/**
 * Makes an API token for the caller and the organisation it acts in. The token itself is told here and never again.
 * @throws Invalid when it would outlive the token that it is made with
 */
export async function createToken(
  ctx: TokenMaker,
  { name, expiresInDays }: NewToken,
): Promise<TokenView & { token: string }> {
  const { keys, orgId, userId } = ctx
  const [id, token]: [TokenId, string] = [newId('tok'), newToken()]
  const expiresAt = expiresInDays === null ? null : new Date(Date.now() + expiresInDays * DAY_MS)
  return await once(ctx, async (tx) => {
    await lockOrg(tx, ctx)
    const { credential } = ctx
    if (credential.kind === 'token') {
      const own = await tx
        .selectFrom('apiTokens')
        .select('expiresAt')
        .where('id', '=', credential.id)
        .executeTakeFirstOrThrow()
      refuseToOutlive(own.expiresAt, expiresAt)
    }
    await tx
      .insertInto('apiTokens')
      .values({ id, orgId, userId, name, tokenHash: hashToken(keys, token), expiresAt })
      .execute()
    const data = { tokenId: id, name, expiresAt: expiresAt?.toISOString() ?? null }
    await recordOrgEvent(tx, ctx, { type: 'token_created', data })
    const made = await visibleTokens(tx, ctx).where('apiTokens.id', '=', id).executeTakeFirstOrThrow()
    return { ...toTokenView(made), token }
  })
}

/** Whoever finds a token that soon expires shall not have one for ever. */
function refuseToOutlive(own: Date | null, expiresAt: Date | null): void {
  if (own === null || (expiresAt !== null && expiresAt <= own)) return
  const message = `must end no later than the token that makes it, which expires at ${own.toISOString()}. Sign in to make one that lasts longer.`
  throw new Invalid([{ path: 'expiresInDays', message }])
}
