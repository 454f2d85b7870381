import { z } from 'zod'

/** A name as people write it, in text that Postgres and a header can carry. */
export const plainNameSchema = z
  .string()
  .trim()
  .min(1, 'must not be empty')
  .max(100, 'must be at most 100 characters')
  .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'must not contain control characters')
