import { z } from 'zod'
import { artifactCountsSchema, artifactViewSchema } from '../../core/artifacts/artifact-view'
import { listArtifacts } from '../../core/artifacts/list-artifacts'
import { previewArtifact, previewSchema } from '../../core/artifacts/preview-artifact'
import { ARTIFACT, JOB } from './examples'
import { procedure, router } from './init'
import { artifactIdSchema, attemptNumber, CURSOR, jobIdSchema, pageLimit } from './inputs'

const tags = ['artifacts']

export const artifactsRouter = router({
  list: procedure
    .meta({
      openapi: {
        method: 'GET',
        path: '/jobs/{jobId}/artifacts',
        tags,
        summary: 'List the files that a job made, by path',
        description: 'Of one attempt; also those that were skipped or have failed, and why.',
      },
      example: {
        answer: { attempt: 1, items: [ARTIFACT], nextCursor: null, counts: JOB.artifactCounts, totalBytes: 2_048 },
      },
    })
    .input(
      z.strictObject({
        jobId: jobIdSchema,
        attempt: attemptNumber(),
        cursor: z
          .string()
          .max(1_024)
          .refine((path) => !path.includes('\0') && path.isWellFormed(), 'must be the nextCursor of a page')
          .optional()
          .meta(CURSOR),
        limit: pageLimit(),
      }),
    )
    .output(
      z.object({
        attempt: z.number().int(),
        items: z.array(artifactViewSchema),
        nextCursor: z.string().nullable(),
        counts: artifactCountsSchema,
        totalBytes: z.number().int().meta({ description: 'Of all files that are uploaded.' }),
      }),
    )
    .query(({ ctx, input: { jobId, ...page } }) => listArtifacts(ctx, jobId, page, ctx.publicUrl)),

  preview: procedure
    .input(z.strictObject({ jobId: jobIdSchema, artifactId: artifactIdSchema }))
    .output(previewSchema)
    .query(({ ctx, input }) => previewArtifact(ctx, ctx.store, input)),
})
