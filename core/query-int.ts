import { z } from 'zod'

const INT4_MAX = 2_147_483_647

/**
 * A number in a query. The coercion is spelled out, because query strings carry texts; in JSON bodies a text is no number, so
 * their schemas have none. Only digits are a number: nothing at all, or 0x10, is none.
 */
export const queryInt = (min: number, max = INT4_MAX) =>
  z.preprocess(
    digits,
    z.coerce
      .number('must be a whole number')
      .int('must be a whole number')
      .min(min, `must be at least ${min}`)
      .max(max, `must be at most ${max}`),
  )

function digits(given: number | string): number {
  return typeof given === 'string' && !/^-?\d+$/.test(given) ? Number.NaN : Number(given)
}
