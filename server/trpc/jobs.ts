import { z } from 'zod'
import { cancelJob } from '../../core/jobs/cancel-job'
import { extendJob } from '../../core/jobs/extend-job'
import { getJob } from '../../core/jobs/get-job'
import { jobTag, jobViewSchema } from '../../core/jobs/job-view'
import { listJobs } from '../../core/jobs/list-jobs'
import { rerunJob } from '../../core/jobs/rerun-job'
import { changesSchema, submissionSchema, timeoutSecondsSchema } from '../../core/jobs/submission'
import { submitJob } from '../../core/jobs/submit-job'
import { plainText } from '../../core/plain-text'
import { JOB, NEW_JOB, QUEUED_JOB } from './examples'
import { procedure, router } from './init'
import { jobIdSchema } from './inputs'
import { jobReads } from './job-reads'
import { jobsQuerySchema } from './jobs-query'
import { making } from './making'

const tags = ['jobs']

export const jobsRouter = router({
  submit: procedure
    .meta({
      openapi: {
        ...{ method: 'POST', path: '/jobs', tags, summary: 'Submit a job' },
        description:
          'Give either a script or the SHA-256 of a bundle that was uploaded; a form takes the job and its bundle at once. It is queued, and runs on the first free box that fits.',
      },
      created: ({ id }) => `/api/v1/jobs/${id}`,
      errors: { 422: 'It names a box, group or bundle that is not there, or a file that is not in the bundle.' },
      etag: jobTag,
      example: { body: NEW_JOB, answer: QUEUED_JOB },
    })
    .input(submissionSchema)
    .output(jobViewSchema)
    .mutation(({ ctx, input }) =>
      making(
        ctx,
        (via) => submitJob(via, input),
        (via, { id }) => getJob(via, id, ctx.publicUrl),
      ),
    ),

  list: procedure
    .meta({
      openapi: {
        method: 'GET',
        path: '/jobs',
        tags,
        summary: 'List or search jobs, newest first',
        description:
          'All that is given must be true of a job. Follow nextCursor until it is null: where much had to be looked at, a page may have fewer jobs than the limit, or none, and not be the last one.',
      },
      example: { answer: { items: [JOB], nextCursor: null } },
    })
    .input(jobsQuerySchema)
    .output(z.object({ items: z.array(jobViewSchema), nextCursor: z.string().nullable() }))
    .query(({ ctx, input }) => listJobs(ctx, input, ctx.publicUrl)),

  get: procedure
    .meta({
      openapi: {
        ...{ method: 'GET', path: '/jobs/{jobId}', tags, summary: 'Get a job' },
        description: 'Why it waits for a box is found out now. Its attempt can still drain when it is over.',
      },
      etag: jobTag,
      example: { answer: JOB },
    })
    .input(z.strictObject({ jobId: jobIdSchema }))
    .output(jobViewSchema)
    .query(({ ctx, input }) => getJob(ctx, input.jobId, ctx.publicUrl)),

  cancel: procedure
    .meta({
      openapi: {
        ...{ method: 'POST', path: '/jobs/{jobId}/cancel', tags, summary: 'Cancel a live job' },
        description:
          'It is over at once; its box is free when what it started there has ended. Cancelling a cancelled job again is harmless.',
      },
      errors: { 409: 'The job ended in another way before.' },
      example: {
        body: { reason: 'wrong firmware' },
        answer: { ...QUEUED_JOB, state: 'cancelled', finishedAt: JOB.finishedAt },
      },
    })
    .input(
      z.strictObject({
        jobId: jobIdSchema,
        reason: plainText().max(200).meta({ description: 'Stands in its events.' }).default(''),
      }),
    )
    .output(jobViewSchema)
    .mutation(async ({ ctx, input }) => {
      await cancelJob(ctx, input.jobId, input.reason)
      return await getJob(ctx, input.jobId, ctx.publicUrl)
    }),

  rerun: procedure
    .meta({
      openapi: {
        method: 'POST',
        path: '/jobs/{jobId}/rerun',
        tags,
        summary: 'Submit a job that is over once more, as it was or with changes',
        description:
          "Each field that is given takes the place of the job's own. Values of secrets were forgotten at its end: each of its secretNames needs a value, or null to run without it.",
      },
      errors: {
        409: 'The job is not over: cancel it first.',
        422: 'A secret has no value, or what the job needs (box, group, bundle) is not there any more.',
      },
      example: { body: { timeoutSeconds: 600 }, answer: { ...QUEUED_JOB, timeoutSeconds: 600, rerunOf: JOB.id } },
      created: ({ id }) => `/api/v1/jobs/${id}`,
      etag: jobTag,
    })
    .input(changesSchema.extend({ jobId: jobIdSchema }))
    .output(jobViewSchema)
    .mutation(({ ctx, input: { jobId, ...changes } }) =>
      making(
        ctx,
        (via) => rerunJob(via, jobId, changes),
        (via, { id }) => getJob(via, id, ctx.publicUrl),
      ),
    ),

  update: procedure
    .meta({
      openapi: {
        method: 'PATCH',
        path: '/jobs/{jobId}',
        tags,
        summary: 'Give a job more or less time, also while it runs',
        description:
          'The timeout counts from the start of the script. While it runs, deadlinePending is true until its box knows of the new deadline.',
      },
      errors: {
        409: 'The script has ended.',
        422: 'The new deadline would be over already.',
      },
      ...{ etag: jobTag, edits: true },
      example: { body: { timeoutSeconds: 7_200 }, answer: { ...QUEUED_JOB, timeoutSeconds: 7_200 } },
    })
    .input(z.strictObject({ jobId: jobIdSchema, timeoutSeconds: timeoutSecondsSchema }))
    .output(jobViewSchema)
    .mutation(async ({ ctx, input }) => {
      await extendJob(ctx, input.jobId, input.timeoutSeconds)
      return await getJob(ctx, input.jobId, ctx.publicUrl)
    }),

  ...jobReads,
})
