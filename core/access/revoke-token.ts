import { sql } from 'kysely'
import { NotFound } from '../errors'
import { lockOrg, recordOrgEvent } from '../events/record-org-event'
import type { TokenId } from '../ids'
import { type TokenReader, type TokenView, toTokenView, visibleTokens } from './token-view'

/**
 * Ends a token for good: the next request with it is refused, and streams that it opened end within seconds. Harmless when it was
 * revoked before. Owners and admins may revoke anybody's.
 * @throws NotFound, also for a token that the caller may not see
 */
export async function revokeToken(ctx: TokenReader, tokenId: TokenId): Promise<TokenView> {
  return await ctx.db.transaction().execute(async (tx) => {
    await lockOrg(tx, ctx)
    const find = visibleTokens(tx, ctx).where('apiTokens.id', '=', tokenId)
    const before = await find.executeTakeFirst()
    if (!before) throw new NotFound('token', tokenId)
    if (before.revokedAt !== null) return toTokenView(before)
    await tx.updateTable('apiTokens').set({ revokedAt: sql<Date>`now()` }).where('id', '=', tokenId).execute()
    await recordOrgEvent(tx, ctx, { type: 'token_revoked', data: { tokenId, name: before.name } })
    return toTokenView(await find.executeTakeFirstOrThrow())
  })
}
