import { z } from 'zod'
import { boxViewSchema, listBoxes } from '../../core/boxes/list-boxes'
import { procedure, router } from './init'
import { pageLimit } from './inputs'

export const boxesRouter = router({
  list: procedure
    .meta({ openapi: { method: 'GET', path: '/boxes', tags: ['boxes'], summary: 'List boxes by name' } })
    .input(
      z.strictObject({
        cursor: z
          .string()
          .max(200)
          .refine((name) => !name.includes('\0'), 'must not contain NUL characters')
          .optional(),
        limit: pageLimit(),
      }),
    )
    .output(z.object({ items: z.array(boxViewSchema), nextCursor: z.string().nullable() }))
    .query(({ ctx, input }) => listBoxes(ctx, input)),
})
