import { z } from 'zod'

/** Text that Postgres and a process can carry: no NUL, no lone surrogates. */
export const plainText = () =>
  z
    .string()
    .refine((value) => !value.includes('\0'), 'must not contain NUL characters')
    .refine((value) => value.isWellFormed(), 'must be well-formed Unicode')
