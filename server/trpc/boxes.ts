import { z } from 'zod'
import { releaseAttempt } from '../../core/attempts/release-attempt'
import { addBox } from '../../core/boxes/add-box'
import { boxAddressSchema, boxChangesSchema, newBoxSchema } from '../../core/boxes/box-fields'
import { getBox } from '../../core/boxes/get-box'
import { listBoxEvents } from '../../core/boxes/list-box-events'
import { boxTag, boxViewSchema, listBoxes } from '../../core/boxes/list-boxes'
import { probeBox, probeReportSchema } from '../../core/boxes/probe-box'
import { removeBox } from '../../core/boxes/remove-box'
import { updateBox } from '../../core/boxes/update-box'
import { eventViewSchema } from '../../core/events/list-events'
import { requiresSchema, targetSchema } from '../../core/jobs/submission'
import { seeTarget, targetViewSchema } from '../../core/placement/see-target'
import { plainText } from '../../core/plain-text'
import { queryInt } from '../../core/query-int'
import { BOX, BOX_EVENT, NEW_BOX, PROBE } from './examples'
import { procedure, router } from './init'
import { boxIdSchema, CURSOR, jobIdSchema, nameCursor, pageLimit } from './inputs'
import { making } from './making'

const tags = ['boxes']
const NOT_ALONE = 'Another box has that name, address or identity, or another box answers than was expected.'
const NO_ANSWER = 'What is there does not answer, refuses the token, or is no runtime that Stout can use.'

export const boxesRouter = router({
  list: procedure
    .meta({
      openapi: { method: 'GET', path: '/boxes', tags, summary: 'List boxes by name' },
      example: { answer: { items: [BOX], nextCursor: null } },
    })
    .input(
      z.strictObject({
        cursor: nameCursor().optional(),
        limit: pageLimit(),
      }),
    )
    .output(z.object({ items: z.array(boxViewSchema), nextCursor: z.string().nullable() }))
    .query(({ ctx, input }) => listBoxes(ctx, input)),

  /** Of the boxes that a job would target: which fit, which are free, and why others are not. */
  forJob: procedure
    .input(z.strictObject({ target: targetSchema, requires: requiresSchema }))
    .output(targetViewSchema)
    .query(({ ctx, input }) => seeTarget(ctx, input)),

  probe: procedure
    .meta({
      openapi: {
        ...{ method: 'POST', path: '/boxes/probe', tags, summary: 'Look at an address, and save nothing' },
        description:
          'Says what is there, and what would keep it from being added. It asks the box, so it takes seconds.',
      },
      example: { body: { host: NEW_BOX.host }, answer: PROBE },
    })
    .input(boxAddressSchema)
    .output(probeReportSchema)
    .mutation(({ ctx, input }) => probeBox(ctx, ctx.fleet, input)),

  add: procedure
    .meta({
      openapi: {
        ...{ method: 'POST', path: '/boxes', tags, summary: 'Add a box that answers at an address' },
        description: 'It is looked at as a probe does, and is ready for jobs at once when it reaches Stout.',
      },
      created: ({ id }) => `/api/v1/boxes/${id}`,
      errors: { 409: NOT_ALONE, 422: NO_ANSWER },
      etag: boxTag,
      example: { body: NEW_BOX, answer: BOX },
    })
    .input(newBoxSchema)
    .output(boxViewSchema)
    .mutation(({ ctx, input }) => making(ctx, (via) => addBox(via, ctx.fleet, input), getBox)),

  get: procedure
    .meta({
      openapi: { method: 'GET', path: '/boxes/{boxId}', tags, summary: 'Get a box, also one that was removed' },
      etag: boxTag,
      example: { answer: BOX },
    })
    .input(z.strictObject({ boxId: boxIdSchema }))
    .output(boxViewSchema)
    .query(({ ctx, input }) => getBox(ctx, input.boxId)),

  update: procedure
    .meta({
      openapi: {
        ...{ method: 'PATCH', path: '/boxes/{boxId}', tags, summary: 'Change a box; what is left out stays' },
        description: 'A new address or token is tried first, and must lead to the same box.',
      },
      errors: { 409: `${NOT_ALONE} Or the box was removed.`, 422: NO_ANSWER },
      ...{ etag: boxTag, edits: true },
      example: { body: { draining: true }, answer: { ...BOX, draining: true } },
    })
    .input(boxChangesSchema.extend({ boxId: boxIdSchema }))
    .output(boxViewSchema)
    .mutation(async ({ ctx, input: { boxId, ...changes } }) => {
      await updateBox(ctx, ctx.fleet, boxId, changes)
      return await getBox(ctx, boxId)
    }),

  remove: procedure
    .meta({
      openapi: { method: 'DELETE', path: '/boxes/{boxId}', tags, summary: 'Remove a box; its history stays' },
      errors: { 409: 'A job holds the box, or it was removed before.' },
      edits: true,
      example: { answer: { id: BOX.id, name: BOX.name, removedAt: '2026-11-24T09:30:00.000Z' } },
    })
    .input(z.strictObject({ boxId: boxIdSchema }))
    .output(z.object({ id: z.string(), name: z.string(), removedAt: z.iso.datetime() }))
    .mutation(({ ctx, input }) => removeBox(ctx, input.boxId)),

  release: procedure
    .meta({
      openapi: {
        ...{ method: 'POST', path: '/boxes/{boxId}/release', tags },
        summary: 'Free a box whose supervisor is out of reach',
        description:
          'For a hold that nobody knows the end of. What still runs there may go on beside the next job; look at the bench first. Refused while the job is on the way and in contact: cancel it.',
      },
      errors: {
        409: 'Nothing holds it, several jobs do and none was named, or the job is at work or about to free it.',
      },
      example: { body: { reason: 'the bench lost power' }, answer: BOX },
    })
    .input(
      z.strictObject({
        boxId: boxIdSchema,
        reason: plainText()
          .trim()
          .min(1, 'must say why')
          .max(200, 'must be at most 200 characters')
          .meta({ description: 'Stands in the events of box and job.' }),
        jobId: jobIdSchema.optional().meta({ description: 'Whose hold; needed where several jobs hold the box.' }),
      }),
    )
    .output(boxViewSchema)
    .mutation(async ({ ctx, input: { boxId, ...release } }) => {
      await releaseAttempt(ctx, boxId, release)
      return await getBox(ctx, boxId)
    }),

  events: procedure
    .meta({
      openapi: { method: 'GET', path: '/boxes/{boxId}/events', tags, summary: 'What happened to a box, newest first' },
      example: { answer: { items: [BOX_EVENT], nextCursor: null } },
    })
    .input(z.strictObject({ boxId: boxIdSchema, cursor: queryInt(1).optional().meta(CURSOR), limit: pageLimit() }))
    .output(z.object({ items: z.array(eventViewSchema), nextCursor: z.number().int().nullable() }))
    .query(({ ctx, input: { boxId, ...page } }) => listBoxEvents(ctx, boxId, page)),
})
