import { z } from 'zod'
import type { ArtifactId, BoxId, JobId } from '../../core/ids'

const INT4_MAX = 2_147_483_647

/**
 * A number in a query. The coercion is spelled out, because query strings carry texts; in JSON bodies a text is no number, so
 * their schemas have none.
 */
export const queryInt = (min: number, max = INT4_MAX) =>
  z.coerce
    .number<number | string>('must be a whole number')
    .int('must be a whole number')
    .min(min, `must be at least ${min}`)
    .max(max, `must be at most ${max}`)

export const jobIdSchema = z
  .string()
  .regex(/^job_[0-9a-z]{1,80}$/, 'must be the id of a job')
  .transform((id) => id as JobId)

export const boxIdSchema = z
  .string()
  .regex(/^box_[0-9a-z]{1,80}$/, 'must be the id of a box')
  .transform((id) => id as BoxId)

export const artifactIdSchema = z
  .string()
  .regex(/^art_[0-9a-z]{1,80}$/, 'must be the id of an artifact')
  .transform((id) => id as ArtifactId)

const PAGE = { default: 50, max: 200 } as const
export const pageLimit = () => queryInt(1, PAGE.max).default(PAGE.default)
