import { z } from 'zod'
import type { ArtifactId, BoxId, GroupId, Id, JobId, SessionId, TokenId } from '../../core/ids'
import { queryInt } from '../../core/query-int'

const idSchema = <T extends Id<string>>(prefix: string, what: string) =>
  z
    .string()
    .regex(new RegExp(`^${prefix}_[0-9a-z]{1,80}$`), `must be the id of ${what}`)
    .transform((id) => id as T)

export const jobIdSchema = idSchema<JobId>('job', 'a job')
export const boxIdSchema = idSchema<BoxId>('box', 'a box')
export const artifactIdSchema = idSchema<ArtifactId>('art', 'an artifact')
export const groupIdSchema = idSchema<GroupId>('group', 'a group')
export const tokenIdSchema = idSchema<TokenId>('tok', 'an API token')
export const sessionIdSchema = idSchema<SessionId>('sess', 'a session')

const PAGE = { default: 50, max: 200 } as const
export const pageLimit = () => queryInt(1, PAGE.max).default(PAGE.default).meta({ description: 'How many at most.' })

export const attemptNumber = () =>
  queryInt(1).optional().meta({ description: 'Number of the attempt; default: the current one.' })

/** Where a list goes on; added to the schema of its cursor. */
export const CURSOR = { description: 'nextCursor of the page before.' }

/** Where a list by name goes on: the last name of the page before. */
export const nameCursor = () =>
  z
    .string()
    .max(200)
    .refine((name) => !name.includes('\0'), 'must not contain NUL characters')
    .meta(CURSOR)
