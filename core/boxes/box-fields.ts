import { z } from 'zod'
import { canonicalHost, checkLiteral } from '../channels/address'
import { plainNameSchema } from '../plain-name'
import { plainText } from '../plain-text'

const host = z.string().transform((given, ctx) => {
  const canonical = canonicalHost(given)
  if (canonical === undefined) {
    ctx.addIssue({ code: 'custom', message: 'must be a host name or an IP address, without scheme, port or path' })
    return z.NEVER
  }
  try {
    checkLiteral(canonical)
  } catch (error) {
    ctx.addIssue({ code: 'custom', message: `is not allowed: ${(error as Error).message}` })
    return z.NEVER
  }
  return canonical
})

const port = z.number().int('must be a whole number').min(1, 'must be at least 1').max(65_535, 'must be at most 65535')

const token = z
  .string()
  .max(1_000, 'must be at most 1000 characters')
  .regex(/^[\x21-\x7e]+$/, 'must be visible ASCII characters without spaces')
  .nullable()

const labels = z
  .record(
    z.string().regex(/^[A-Za-z0-9_.-]{1,63}$/, 'must be 1 to 63 of letters, digits, _, . and -'),
    z
      .string()
      .min(1, 'must not be empty')
      .max(200, 'must be at most 200 characters')
      .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'must not contain control characters'),
  )
  .refine((all) => Object.keys(all).length <= 64, 'must be at most 64')
  .meta({ description: 'What jobs can require of it.', maxProperties: 64 })

const groups = z
  .array(plainNameSchema)
  .max(64, 'must be at most 64')
  .meta({ description: 'Names of the groups that it is in.' })
const slots = z.number().int('must be a whole number').min(1, 'must be at least 1').max(64, 'must be at most 64')

const boxId = plainText().min(1, 'must not be empty').max(200, 'must be at most 200 characters')

/** Where a box stands and what opens it. */
export const boxAddressSchema = z.strictObject({
  host: host.meta({ description: 'Host name or IP address.' }),
  pythonPort: port.default(5_000).meta({ description: 'The port that runs Python.' }),
  httpPort: port.default(9_000).meta({ description: 'The second port: status, nets and lock.' }),
  token: token.default(null).meta({ description: 'Bearer token of the box, where it wants one.' }),
})
export type BoxAddress = z.infer<typeof boxAddressSchema>

/** A box as it is added. */
export const newBoxSchema = boxAddressSchema.extend({
  name: plainNameSchema,
  labels: labels.default({}),
  groups: groups.default([]),
  slots: slots.default(1).meta({ description: 'How many jobs it runs at a time.' }),
  lagerBoxId: boxId
    .optional()
    .meta({ description: 'The identity that a probe showed; when another box answers by now, nothing is saved.' }),
})
export type NewBox = z.infer<typeof newBoxSchema>

/** What can be changed about a box; what is left out stays. A new address or token must answer as the same box. */
export const boxChangesSchema = z.strictObject({
  name: plainNameSchema.optional(),
  host: host.optional().meta({ description: 'Host name or IP address.' }),
  pythonPort: port.optional().meta({ description: 'The port that runs Python.' }),
  httpPort: port.optional().meta({ description: 'The second port: status, nets and lock.' }),
  token: token.optional().meta({ description: 'Bearer token of the box; null: none.' }),
  labels: labels.optional(),
  groups: groups.optional(),
  slots: slots.optional().meta({ description: 'How many jobs it runs at a time.' }),
  draining: z.boolean().optional().meta({ description: 'A draining box ends its jobs and gets no new ones.' }),
  lagerBoxId: boxId.optional().meta({
    description: 'Accepts the box that answers instead of the registered one; must be the identity that was found.',
  }),
})
export type BoxChanges = z.infer<typeof boxChangesSchema>
