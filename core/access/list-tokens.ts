import type { TokenId } from '../ids'
import { type TokenReader, type TokenView, toTokenView, visibleTokens } from './token-view'

/**
 * Tokens that have not been revoked, newest first: the caller's own, or everybody's for an owner or admin. `cursor` is the id of the
 * last one of the page before.
 */
export async function listTokens(
  ctx: TokenReader,
  { cursor, limit }: { cursor?: TokenId | undefined; limit: number },
): Promise<{ items: TokenView[]; nextCursor: string | null }> {
  const rows = await visibleTokens(ctx.db, ctx)
    .where('apiTokens.revokedAt', 'is', null)
    .$if(cursor !== undefined, (qb) => qb.where('apiTokens.id', '<', cursor as TokenId))
    .orderBy('apiTokens.id', 'desc')
    .limit(limit + 1)
    .execute()
  const items = rows.slice(0, limit).map(toTokenView)
  return { items, nextCursor: rows.length > limit ? (items.at(-1)?.id ?? null) : null }
}
