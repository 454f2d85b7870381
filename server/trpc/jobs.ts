import { z } from 'zod'
import { attemptViewSchema, listAttempts } from '../../core/attempts/list-attempts'
import { eventViewSchema, listEvents } from '../../core/events/list-events'
import { cancelJob } from '../../core/jobs/cancel-job'
import { extendJob } from '../../core/jobs/extend-job'
import { getJob } from '../../core/jobs/get-job'
import { getSubmission } from '../../core/jobs/get-submission'
import { jobViewSchema } from '../../core/jobs/job-view'
import { listJobs } from '../../core/jobs/list-jobs'
import { rerunJob } from '../../core/jobs/rerun-job'
import { JOB_STATES } from '../../core/jobs/state'
import { changesSchema, submissionSchema, submittedSchema, timeoutSecondsSchema } from '../../core/jobs/submission'
import { submitJob } from '../../core/jobs/submit-job'
import { logLineSchema, readLog } from '../../core/logs/read-log'
import { procedure, router } from './init'
import { boxIdSchema, jobIdSchema, pageLimit, queryInt } from './inputs'

const tags = ['jobs']
const LINES_A_PAGE = 1_000

export const jobsRouter = router({
  submit: procedure
    .meta({
      openapi: { method: 'POST', path: '/jobs', tags, summary: 'Submit a job' },
      created: ({ id }) => `/api/v1/jobs/${id}`,
    })
    .input(submissionSchema)
    .output(jobViewSchema)
    .mutation(async ({ ctx, input }) => await getJob(ctx, (await submitJob(ctx, input)).id, ctx.publicUrl)),

  list: procedure
    .meta({ openapi: { method: 'GET', path: '/jobs', tags, summary: 'List jobs, newest first' } })
    .input(
      z.strictObject({
        state: z.array(z.enum(JOB_STATES)).min(1).max(JOB_STATES.length).optional(),
        boxId: boxIdSchema.optional(),
        cursor: jobIdSchema.optional(),
        limit: pageLimit(),
      }),
    )
    .output(z.object({ items: z.array(jobViewSchema), nextCursor: z.string().nullable() }))
    .query(({ ctx, input }) => listJobs(ctx, input, ctx.publicUrl)),

  get: procedure
    .meta({ openapi: { method: 'GET', path: '/jobs/{jobId}', tags, summary: 'Get a job' } })
    .input(z.strictObject({ jobId: jobIdSchema }))
    .output(jobViewSchema)
    .query(({ ctx, input }) => getJob(ctx, input.jobId, ctx.publicUrl)),

  cancel: procedure
    .meta({ openapi: { method: 'POST', path: '/jobs/{jobId}/cancel', tags, summary: 'Cancel a live job' } })
    .input(z.strictObject({ jobId: jobIdSchema, reason: z.string().max(200).default('') }))
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
      created: ({ id }) => `/api/v1/jobs/${id}`,
    })
    .input(changesSchema.extend({ jobId: jobIdSchema }))
    .output(jobViewSchema)
    .mutation(async ({ ctx, input: { jobId, ...changes } }) => {
      const { id } = await rerunJob(ctx, jobId, changes)
      return await getJob(ctx, id, ctx.publicUrl)
    }),

  submission: procedure
    .meta({
      openapi: {
        method: 'GET',
        path: '/jobs/{jobId}/submission',
        tags,
        summary: 'Get what a job was submitted as, without the values of its secrets',
      },
    })
    .input(z.strictObject({ jobId: jobIdSchema }))
    .output(submittedSchema)
    .query(({ ctx, input }) => getSubmission(ctx, input.jobId)),

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
    })
    .input(z.strictObject({ jobId: jobIdSchema, timeoutSeconds: timeoutSecondsSchema }))
    .output(jobViewSchema)
    .mutation(async ({ ctx, input }) => {
      await extendJob(ctx, input.jobId, input.timeoutSeconds)
      return await getJob(ctx, input.jobId, ctx.publicUrl)
    }),

  events: procedure
    .meta({
      openapi: { method: 'GET', path: '/jobs/{jobId}/events', tags, summary: 'What happened to a job, oldest first' },
    })
    .input(z.strictObject({ jobId: jobIdSchema, cursor: queryInt(0).optional(), limit: pageLimit() }))
    .output(z.object({ items: z.array(eventViewSchema), nextCursor: z.number().int().nullable() }))
    .query(({ ctx, input: { jobId, ...page } }) => listEvents(ctx, jobId, page)),

  attempts: procedure
    .meta({
      openapi: {
        method: 'GET',
        path: '/jobs/{jobId}/attempts',
        tags,
        summary: 'List the attempts of a job, first to last',
      },
    })
    .input(z.strictObject({ jobId: jobIdSchema }))
    .output(z.object({ items: z.array(attemptViewSchema) }))
    .query(async ({ ctx, input }) => ({ items: await listAttempts(ctx, input.jobId) })),

  logs: procedure
    .meta({ openapi: { method: 'GET', path: '/jobs/{jobId}/logs', tags, summary: 'Read lines of a log by number' } })
    .input(
      z.strictObject({
        jobId: jobIdSchema,
        attempt: queryInt(1).optional(),
        from: queryInt(1).default(1),
        limit: queryInt(1, LINES_A_PAGE).default(LINES_A_PAGE),
      }),
    )
    .output(
      z.object({
        attempt: z.number().int(),
        items: z.array(logLineSchema),
        nextFrom: z.number().int(),
        lineCount: z.number().int(),
        closed: z.boolean(),
      }),
    )
    .query(({ ctx, input: { jobId, ...range } }) => readLog(ctx, jobId, range)),
})
