import { getOverview, overviewSchema } from '../../core/overview/get-overview'
import { procedure, router } from './init'

export const overviewRouter = router({
  get: procedure.output(overviewSchema).query(({ ctx }) => getOverview(ctx, ctx.publicUrl)),
})
