import { z } from 'zod'
import { createGroup, deleteGroup, updateGroup } from '../../core/groups/change-group'
import {
  getGroup,
  groupChangesSchema,
  groupTag,
  groupViewSchema,
  listGroups,
  newGroupSchema,
} from '../../core/groups/group-view'
import { GROUP } from './examples'
import { procedure, router } from './init'
import { groupIdSchema, nameCursor, pageLimit } from './inputs'

const tags = ['groups']
const TAKEN = 'Another group has that name.'
const NO_BOX = 'One of the boxes is not there.'

export const groupsRouter = router({
  list: procedure
    .meta({
      openapi: { method: 'GET', path: '/groups', tags, summary: 'List groups of boxes by name' },
      example: { answer: { items: [GROUP], nextCursor: null } },
    })
    .input(z.strictObject({ cursor: nameCursor().optional(), limit: pageLimit() }))
    .output(z.object({ items: z.array(groupViewSchema), nextCursor: z.string().nullable() }))
    .query(({ ctx, input }) => listGroups(ctx, input)),

  create: procedure
    .meta({
      openapi: { method: 'POST', path: '/groups', tags, summary: 'Make a group of boxes that jobs can target' },
      created: ({ id }) => `/api/v1/groups/${id}`,
      errors: { 409: TAKEN, 422: NO_BOX },
      etag: groupTag,
      example: { body: { name: 'radio', boxes: ['bench-1'] }, answer: GROUP },
    })
    .input(newGroupSchema)
    .output(groupViewSchema)
    .mutation(({ ctx, input }) => createGroup(ctx, input)),

  get: procedure
    .meta({
      openapi: { method: 'GET', path: '/groups/{groupId}', tags, summary: 'Get a group' },
      etag: groupTag,
      example: { answer: GROUP },
    })
    .input(z.strictObject({ groupId: groupIdSchema }))
    .output(groupViewSchema)
    .query(({ ctx, input }) => getGroup(ctx, input.groupId)),

  update: procedure
    .meta({
      openapi: {
        ...{ method: 'PATCH', path: '/groups/{groupId}', tags },
        summary: 'Rename a group, or say which boxes are in it; what is left out stays',
        description: 'Jobs that wait for it follow it under its new name.',
      },
      errors: { 409: TAKEN, 422: NO_BOX },
      ...{ etag: groupTag, edits: true },
      example: { body: { name: 'radio' }, answer: GROUP },
    })
    .input(groupChangesSchema.extend({ groupId: groupIdSchema }))
    .output(groupViewSchema)
    .mutation(({ ctx, input: { groupId, ...changes } }) => updateGroup(ctx, groupId, changes)),

  remove: procedure
    .meta({
      openapi: {
        ...{ method: 'DELETE', path: '/groups/{groupId}', tags, summary: 'Delete a group; its boxes stay' },
        description:
          'Jobs that wait for it say that their target is gone, until they are cancelled or their queue limit ends.',
      },
      edits: true,
      example: { answer: GROUP },
    })
    .input(z.strictObject({ groupId: groupIdSchema }))
    .output(groupViewSchema)
    .mutation(({ ctx, input }) => deleteGroup(ctx, input.groupId)),
})
