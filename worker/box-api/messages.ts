import { z } from 'zod'

/** The messages of docs/box-api.md, as they arrive. */
export const text = (max: number) =>
  z
    .string()
    .max(max)
    .transform((value) => value.replaceAll('\0', '').toWellFormed())

export const claimMessage = z.object({
  nonce: z.string().regex(/^[0-9a-f]{16,128}$/, 'must be 16 to 128 hex digits'),
  supervisorVersion: z.number().int(),
  identity: z.object({
    lagerBoxId: text(200),
    hostname: text(255),
    bootId: text(100),
    python: text(50),
    pid: z.number().int(),
  }),
})

export const heardMessage = z.object({ version: z.number().int().min(0) })

export const exitMessage = z.object({
  exitCode: z.number().int().min(-2_147_483_648).max(2_147_483_647).nullable(),
  signal: text(20).nullable(),
  endedBy: z.enum(['script', 'deadline', 'cancel', 'no_output', 'outside']),
  durationMs: z.number().min(0),
  error: text(4_000)
    .nullish()
    .transform((value) => value ?? null),
})

const durationMs = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER)

export const phaseMessage = z.discriminatedUnion('event', [
  z.object({ event: z.literal('dependencies_installing') }),
  z.object({ event: z.literal('dependencies_installed'), durationMs, cached: z.boolean() }),
  z.object({ event: z.literal('dependencies_failed'), durationMs, error: text(4_000) }),
])

export const doneMessage = z.object({
  lastN: z.number().int().min(0),
  leftovers: z.array(text(500)).max(100).default([]),
})
