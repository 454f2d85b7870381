import { z } from 'zod'
import type { Db } from '../../db/client'
import type { Ctx } from '../context'
import type { UserId } from '../ids'

/** An API token as people see it: everything but the token itself, which is told once, when it is made. */
export const tokenViewSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    user: z.object({ id: z.string(), name: z.string() }).meta({ description: 'For whom it acts, with their role.' }),
    createdAt: z.iso.datetime(),
    lastUsedAt: z.iso.datetime().nullable().meta({ description: 'To the minute.' }),
    expiresAt: z.iso.datetime().nullable().meta({ description: 'null: it does not expire.' }),
    revokedAt: z.iso.datetime().nullable(),
  })
  .meta({ id: 'Token' })
export type TokenView = z.infer<typeof tokenViewSchema>

/** Whose tokens a caller may see and revoke: everybody's for an owner or admin, else their own. */
export type TokenReader = Ctx & { userId: UserId }

/** The tokens that the caller may see and revoke, revoked ones included. */
export function visibleTokens(db: Pick<Db, 'selectFrom'>, { orgId, role, userId }: TokenReader) {
  const own = role !== 'owner' && role !== 'admin'
  return db
    .selectFrom('apiTokens')
    .innerJoin('users', 'users.id', 'apiTokens.userId')
    .select(['apiTokens.id', 'apiTokens.name', 'apiTokens.userId', 'users.name as userName'])
    .select(['apiTokens.createdAt', 'apiTokens.lastUsedAt', 'apiTokens.expiresAt', 'apiTokens.revokedAt'])
    .where('apiTokens.orgId', '=', orgId)
    .$if(own, (qb) => qb.where('apiTokens.userId', '=', userId))
}
type Row = Awaited<ReturnType<ReturnType<typeof visibleTokens>['executeTakeFirstOrThrow']>>

export function toTokenView({
  userId,
  userName,
  createdAt,
  lastUsedAt,
  expiresAt,
  revokedAt,
  ...rest
}: Row): TokenView {
  return {
    ...rest,
    user: { id: userId, name: userName },
    createdAt: createdAt.toISOString(),
    lastUsedAt: lastUsedAt?.toISOString() ?? null,
    expiresAt: expiresAt?.toISOString() ?? null,
    revokedAt: revokedAt?.toISOString() ?? null,
  }
}
