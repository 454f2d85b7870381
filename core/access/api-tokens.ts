import { createHmac, randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import type { Db } from '../../db/client'
import type { Role } from '../../db/schema'
import type { OrgId, TokenId, UserId } from '../ids'
import type { Keys } from './keys'

/** What a good token stands for: it acts for the person who made it, with the role that person has today. */
export type TokenHolder = { tokenId: TokenId; name: string; userId: UserId; orgId: OrgId; role: Role }

/** A new API token: `stout_` and 32 base64url characters (192 bits). */
export function newToken(): string {
  return `stout_${randomBytes(24).toString('base64url')}`
}

/** What is kept of a token: HMAC-SHA-256 under the pepper, so that a stolen table opens nothing. */
export function hashToken(keys: Keys, token: string): Buffer {
  return createHmac('sha256', keys.pepper).update(token).digest()
}

/** The holder of a token; undefined when it is unknown, revoked, expired, or its maker has left the organisation. */
export async function findToken(db: Db, keys: Keys, token: string): Promise<TokenHolder | undefined> {
  const holder = await goodTokens(db).where('apiTokens.tokenHash', '=', hashToken(keys, token)).executeTakeFirst()
  if (!holder) return undefined
  const { usedLately, ...found } = holder
  if (!usedLately) {
    await db.updateTable('apiTokens').set({ lastUsedAt: sql<Date>`now()` }).where('id', '=', found.tokenId).execute()
  }
  return found
}

/** True while the token still opens doors; for streams that stay open. */
export async function isTokenGood(db: Db, tokenId: TokenId): Promise<boolean> {
  return (await goodTokens(db).where('apiTokens.id', '=', tokenId).executeTakeFirst()) !== undefined
}

function goodTokens(db: Db) {
  return db
    .selectFrom('apiTokens')
    .innerJoin('memberships', (join) =>
      join.onRef('memberships.orgId', '=', 'apiTokens.orgId').onRef('memberships.userId', '=', 'apiTokens.userId'),
    )
    .select(['apiTokens.id as tokenId', 'apiTokens.name', 'apiTokens.userId', 'apiTokens.orgId', 'memberships.role'])
    .select(sql<boolean>`coalesce(api_tokens.last_used_at > now() - interval '1 minute', false)`.as('usedLately'))
    .where('apiTokens.revokedAt', 'is', null)
    .where((eb) => eb.or([eb('apiTokens.expiresAt', 'is', null), eb('apiTokens.expiresAt', '>', sql<Date>`now()`)]))
}
