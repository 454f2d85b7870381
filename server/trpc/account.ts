import { accountSchema, getAccount } from '../../core/access/get-account'
import { procedure, router } from './init'

export const accountRouter = router({
  me: procedure.output(accountSchema).query(({ ctx }) => getAccount(ctx, ctx.userId)),
})
