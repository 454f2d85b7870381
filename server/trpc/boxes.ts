import { z } from 'zod'
import { releaseAttempt } from '../../core/attempts/release-attempt'
import { addBox } from '../../core/boxes/add-box'
import { boxAddressSchema, boxChangesSchema, newBoxSchema } from '../../core/boxes/box-fields'
import { getBox } from '../../core/boxes/get-box'
import { listBoxEvents } from '../../core/boxes/list-box-events'
import { boxViewSchema, listBoxes } from '../../core/boxes/list-boxes'
import { probeBox, probeReportSchema } from '../../core/boxes/probe-box'
import { removeBox } from '../../core/boxes/remove-box'
import { updateBox } from '../../core/boxes/update-box'
import { eventViewSchema } from '../../core/events/list-events'
import { procedure, router } from './init'
import { boxIdSchema, jobIdSchema, nameCursor, pageLimit, queryInt } from './inputs'

const tags = ['boxes']

export const boxesRouter = router({
  list: procedure
    .meta({ openapi: { method: 'GET', path: '/boxes', tags, summary: 'List boxes by name' } })
    .input(
      z.strictObject({
        cursor: nameCursor().optional(),
        limit: pageLimit(),
      }),
    )
    .output(z.object({ items: z.array(boxViewSchema), nextCursor: z.string().nullable() }))
    .query(({ ctx, input }) => listBoxes(ctx, input)),

  probe: procedure
    .meta({
      openapi: { method: 'POST', path: '/boxes/probe', tags, summary: 'Look at an address, and save nothing' },
    })
    .input(boxAddressSchema)
    .output(probeReportSchema)
    .mutation(({ ctx, input }) => probeBox(ctx, ctx.fleet, input)),

  add: procedure
    .meta({
      openapi: { method: 'POST', path: '/boxes', tags, summary: 'Add a box that answers at an address' },
      created: ({ id }) => `/api/v1/boxes/${id}`,
    })
    .input(newBoxSchema)
    .output(boxViewSchema)
    .mutation(async ({ ctx, input }) => await getBox(ctx, await addBox(ctx, ctx.fleet, input))),

  get: procedure
    .meta({
      openapi: { method: 'GET', path: '/boxes/{boxId}', tags, summary: 'Get a box, also one that was removed' },
    })
    .input(z.strictObject({ boxId: boxIdSchema }))
    .output(boxViewSchema)
    .query(({ ctx, input }) => getBox(ctx, input.boxId)),

  update: procedure
    .meta({
      openapi: { method: 'PATCH', path: '/boxes/{boxId}', tags, summary: 'Change a box; what is left out stays' },
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
    })
    .input(
      z.strictObject({
        boxId: boxIdSchema,
        reason: z
          .string()
          .trim()
          .min(1, 'must say why')
          .max(200, 'must be at most 200 characters')
          .refine((text) => !text.includes('\0'), 'must not contain NUL characters'),
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
    })
    .input(z.strictObject({ boxId: boxIdSchema, cursor: queryInt(1).optional(), limit: pageLimit() }))
    .output(z.object({ items: z.array(eventViewSchema), nextCursor: z.number().int().nullable() }))
    .query(({ ctx, input: { boxId, ...page } }) => listBoxEvents(ctx, boxId, page)),
})
