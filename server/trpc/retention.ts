import { z } from 'zod'
import { queryInt } from '../../core/query-int'
import { changeRetention } from '../../core/retention/change-retention'
import { previewRetention, type RetentionPreview, retentionPreviewSchema } from '../../core/retention/preview-retention'
import { retentionSchema, retentionTag } from '../../core/retention/settings'
import { RETENTION } from './examples'
import { procedure, router } from './init'

const tags = ['retention']
const NOTHING = { count: 0, sizeBytes: 0 }

const days = (what: string) =>
  queryInt(1, 36_500)
    .optional()
    .meta({ description: `As if ${what} were kept for so many days.` })

export const retentionRouter = router({
  preview: procedure
    .meta({
      openapi: {
        method: 'GET',
        path: '/retention',
        tags,
        summary: 'What is kept for how long, and what would go now: by the saved settings, or by those given',
        description: 'Nothing is removed by asking.',
      },
      errors: { 403: 'Owners and admins alone may ask.' },
      etag: ({ saved }: RetentionPreview) => retentionTag(saved),
      example: {
        answer: {
          saved: RETENTION,
          retention: RETENTION,
          wouldRemove: { jobs: NOTHING, logs: NOTHING, artifacts: NOTHING },
        },
      },
    })
    .input(
      z.strictObject({
        jobsDays: days('jobs'),
        logsDays: days('logs'),
        artifactsDays: days('artifacts'),
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
        description: 'In days from the end of a job; null: for ever. What is left out stays.',
      },
      ...{ etag: retentionTag, edits: true },
      example: { body: { logsDays: 90 }, answer: RETENTION },
    })
    .input(retentionSchema.partial().strict())
    .output(retentionSchema)
    .mutation(({ ctx, input }) => changeRetention(ctx, input)),
})
