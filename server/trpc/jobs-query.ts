import { z } from 'zod'
import { wordsOf } from '../../core/jobs/job-filter'
import { JOB_STATES } from '../../core/jobs/state'
import { boxIdSchema, CURSOR, jobIdSchema, pageLimit } from './inputs'

const MOST = { words: 10, labels: 10 } as const

const line = (most: number) =>
  z
    .string()
    .min(1, 'must not be empty')
    .max(most, `must be at most ${most} characters`)
    .refine((text) => !text.includes('\0'), 'must not contain NUL characters')

const instant = () =>
  z.iso
    .datetime({ offset: true, error: 'must be an instant, as 2026-01-31T08:00:00Z' })
    .transform((text) => new Date(text))

/** What jobs are listed and searched by. */
export const jobsQuerySchema = z
  .strictObject({
    text: line(200)
      .refine((text) => wordsOf(text).length <= MOST.words, `must be at most ${MOST.words} words`)
      .optional()
      .meta({
        description:
          'Words, each of which stands somewhere in the name, the labels (as key=value), the error or the name of the box. Case does not count.',
      }),
    state: z
      .array(z.enum(JOB_STATES))
      .min(1)
      .max(JOB_STATES.length)
      .optional()
      .meta({ description: 'One of these; repeat it for several.' }),
    boxId: boxIdSchema.optional().meta({ description: 'The box of its current attempt.' }),
    group: line(200).optional().meta({ description: 'Name of the group that was targeted.' }),
    submittedBy: z
      .string()
      .regex(/^(user|token):[0-9a-z_]{1,100}$/, 'must be user:… or token:…, as jobs say it')
      .optional()
      .meta({ description: 'Who submitted it, as `submittedBy` of a job says: user:… or token:…' }),
    label: z
      .array(line(500))
      .min(1)
      .max(MOST.labels, `must be at most ${MOST.labels}`)
      .optional()
      .meta({ description: 'key or key=value; repeat it for several, each of which a job must have.' }),
    createdAfter: instant().optional().meta({ description: 'From this instant on.' }),
    createdBefore: instant().optional().meta({ description: 'Before this instant.' }),
    cursor: jobIdSchema.optional().meta(CURSOR),
    limit: pageLimit(),
  })
  .refine(({ createdAfter, createdBefore }) => !createdAfter || !createdBefore || createdAfter < createdBefore, {
    path: ['createdBefore'],
    error: 'must be later than createdAfter',
  })
