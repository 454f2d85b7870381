import { accountRouter } from './account'
import { artifactsRouter } from './artifacts'
import { boxesRouter } from './boxes'
import { groupsRouter } from './groups'
import { router } from './init'
import { jobsRouter } from './jobs'
import { overviewRouter } from './overview'
import { retentionRouter } from './retention'
import { tokensRouter } from './tokens'

/** What pages and tools call by tRPC; the procedures with `meta.openapi` are the REST API too (server/rest). */
export const appRouter = router({
  overview: overviewRouter,
  jobs: jobsRouter,
  artifacts: artifactsRouter,
  boxes: boxesRouter,
  groups: groupsRouter,
  retention: retentionRouter,
  tokens: tokensRouter,
  account: accountRouter,
})
export type AppRouter = typeof appRouter
