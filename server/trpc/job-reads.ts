import { z } from 'zod'
import { attemptViewSchema, listAttempts } from '../../core/attempts/list-attempts'
import { eventViewSchema, listEvents } from '../../core/events/list-events'
import { getSubmission } from '../../core/jobs/get-submission'
import { submittedSchema } from '../../core/jobs/submission'
import { findInLog } from '../../core/logs/find-in-log'
import { logLineSchema, readLog } from '../../core/logs/read-log'
import { outputValueSchema, readOutput } from '../../core/logs/read-output'
import { queryInt } from '../../core/query-int'
import { ATTEMPT, JOB_EVENT, LOG_LINE, OUTPUT_VALUE, SUBMISSION } from './examples'
import { procedure } from './init'
import { attemptNumber, CURSOR, jobIdSchema, pageLimit } from './inputs'

const tags = ['jobs']
const LINES_A_PAGE = 1_000

/** Lines of a job's log, by their numbers. */
const linesAsked = z.strictObject({
  jobId: jobIdSchema,
  attempt: attemptNumber(),
  from: queryInt(1).default(1).meta({ description: 'Number of the line to begin at.' }),
  limit: queryInt(1, LINES_A_PAGE).default(LINES_A_PAGE).meta({ description: 'How many at most.' }),
})

/** What can be read of a job beside itself. */
export const jobReads = {
  submission: procedure
    .meta({
      openapi: {
        method: 'GET',
        path: '/jobs/{jobId}/submission',
        tags,
        summary: 'Get what a job was submitted as, without the values of its secrets',
      },
      errors: { 403: 'The caller may not submit jobs.' },
      example: { answer: SUBMISSION },
    })
    .input(z.strictObject({ jobId: jobIdSchema }))
    .output(submittedSchema)
    .query(({ ctx, input }) => getSubmission(ctx, input.jobId)),

  events: procedure
    .meta({
      openapi: { method: 'GET', path: '/jobs/{jobId}/events', tags, summary: 'What happened to a job, oldest first' },
      example: { answer: { items: [JOB_EVENT], nextCursor: null } },
    })
    .input(z.strictObject({ jobId: jobIdSchema, cursor: queryInt(0).optional().meta(CURSOR), limit: pageLimit() }))
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
      example: { answer: { items: [ATTEMPT], nextCursor: null } },
    })
    .input(z.strictObject({ jobId: jobIdSchema, cursor: queryInt(1).optional().meta(CURSOR), limit: pageLimit() }))
    .output(z.object({ items: z.array(attemptViewSchema), nextCursor: z.number().int().nullable() }))
    .query(({ ctx, input: { jobId, ...page } }) => listAttempts(ctx, jobId, page)),

  logs: procedure
    .meta({
      openapi: {
        ...{ method: 'GET', path: '/jobs/{jobId}/logs', tags, summary: 'Read lines of a log by number' },
        description: 'From line `from` on; the next ones from `nextFrom`. When `closed`, nothing follows `lineCount`.',
      },
      example: { answer: { attempt: 1, items: [LOG_LINE], nextFrom: 2, lineCount: 1, closed: true } },
    })
    .input(linesAsked)
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

  findInLog: procedure
    .meta({
      openapi: {
        ...{ method: 'GET', path: '/jobs/{jobId}/logs/find', tags },
        summary: 'Find the lines of a log that have a text in them',
        description:
          'Answers with numbers of lines. One call looks at some megabytes at most: go on from `nextFrom` until it is beyond `lineCount` or, backwards, 0.',
      },
      example: { answer: { attempt: 1, lines: [1], nextFrom: 2, lineCount: 1 } },
    })
    .input(
      linesAsked.extend({
        text: z
          .string()
          .min(1, 'must not be empty')
          .max(200, 'must be at most 200 characters')
          .meta({ description: 'What stands in the lines, as a reader sees them: without their colours.' }),
        matchCase: z.enum(['0', '1']).default('0').meta({ description: '1: capitals and small letters differ.' }),
        backwards: z
          .enum(['0', '1'])
          .default('0')
          .meta({ description: '1: from line `from` to lines before it, the last ones first.' }),
        from: queryInt(1).optional().meta({ description: 'Default: the first line or, backwards, the last.' }),
      }),
    )
    .output(
      z.object({
        attempt: z.number().int(),
        lines: z.array(z.number().int()),
        nextFrom: z.number().int(),
        lineCount: z.number().int(),
      }),
    )
    .query(({ ctx, input: { jobId, matchCase, backwards, ...query } }) =>
      findInLog(ctx, jobId, { ...query, matchCase: matchCase === '1', backwards: backwards === '1' }),
    ),

  output: procedure
    .meta({
      openapi: {
        ...{ method: 'GET', path: '/jobs/{jobId}/output', tags },
        summary: 'Read the values that a script gave to the output channel',
        description:
          'Those from line `from` of the log on. One call looks at some megabytes at most: go on from `nextFrom` until it is beyond `lineCount`.',
      },
      example: { answer: { attempt: 1, items: [OUTPUT_VALUE], nextFrom: 2, lineCount: 1 } },
    })
    .input(linesAsked)
    .output(
      z.object({
        attempt: z.number().int(),
        items: z.array(outputValueSchema),
        nextFrom: z.number().int(),
        lineCount: z.number().int(),
      }),
    )
    .query(({ ctx, input: { jobId, ...range } }) => readOutput(ctx, jobId, range)),
}
