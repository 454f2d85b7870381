import { z } from 'zod'
import type { Ctx } from '../context'
import type { UserId } from '../ids'

export const accountSchema = z.object({
  user: z.object({ id: z.string(), name: z.string(), email: z.string() }),
  organisation: z.object({ id: z.string(), name: z.string() }),
  role: z.enum(['owner', 'admin', 'member', 'viewer']),
})
export type Account = z.infer<typeof accountSchema>

/** Who the caller is, and where. */
export async function getAccount(ctx: Ctx, userId: UserId): Promise<Account> {
  const user = await ctx.db
    .selectFrom('users')
    .select(['id', 'name', 'email'])
    .where('id', '=', userId)
    .executeTakeFirstOrThrow()
  const organisation = await ctx.db
    .selectFrom('orgs')
    .select(['id', 'name'])
    .where('id', '=', ctx.orgId)
    .executeTakeFirstOrThrow()
  return { user, organisation, role: ctx.role }
}
