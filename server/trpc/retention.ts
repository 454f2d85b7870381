import { z } from 'zod'
import { changeRetention } from '../../core/retention/change-retention'
import { previewRetention, retentionPreviewSchema } from '../../core/retention/preview-retention'
import { retentionSchema } from '../../core/retention/settings'
import { procedure, router } from './init'
import { queryInt } from './inputs'

const tags = ['retention']

export const retentionRouter = router({
  preview: procedure
    .meta({
      openapi: {
        method: 'GET',
        path: '/retention',
        tags,
        summary: 'What is kept for how long, and what would go now: by the saved settings, or by those given',
      },
    })
    .input(
      z.strictObject({
        jobsDays: queryInt(1, 36_500).optional(),
        logsDays: queryInt(1, 36_500).optional(),
        artifactsDays: queryInt(1, 36_500).optional(),
      }),
    )
    .output(retentionPreviewSchema)
    .query(({ ctx, input }) => previewRetention(ctx, input)),

  change: procedure
    .meta({
      openapi: {
        method: 'PATCH',
        path: '/retention',
        tags,
        summary: 'Say for how long jobs, logs and artifacts are kept',
      },
    })
    .input(retentionSchema.partial().strict())
    .output(retentionSchema)
    .mutation(({ ctx, input }) => changeRetention(ctx, input)),
})
