import { z } from 'zod'
import { parseRequirement } from '../placement/requirements'
import { plainText } from '../plain-text'
import { LIMITS } from './limits'

const RESERVED_ENV = /^(STOUT_|LAGER_)|^PYTHONBREAKPOINT$/
const bytes = (text: string) => new TextEncoder().encode(text).length

const wholeSeconds = (limit: { min: number; max: number }) =>
  z
    .number()
    .int(`must be a whole number of seconds`)
    .min(limit.min, `must be at least ${limit.min} s`)
    .max(limit.max, `must be at most ${limit.max} s`)

const seconds = (limit: { min: number; max: number; default: number }, description: string) =>
  wholeSeconds(limit).meta({ description }).default(limit.default)

export const timeoutSecondsSchema = wholeSeconds(LIMITS.timeoutSeconds).meta({
  description: 'How long the script may run, from its start.',
})

const variableName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be a name of letters, digits and _, without =')
  .refine((key) => !RESERVED_ENV.test(key), 'is reserved (STOUT_*, LAGER_*, PYTHONBREAKPOINT)')

const fitsEnv = (vars: Record<string, string>) =>
  Object.entries(vars).reduce((sum, [key, value]) => sum + bytes(key) + bytes(value) + 2, 0) <= LIMITS.envBytes
const TOO_MUCH_ENV = `must be at most ${LIMITS.envBytes} bytes in all`

const env = z
  .record(variableName, plainText())
  .refine(fitsEnv, TOO_MUCH_ENV)
  .meta({
    description: `Variables of the script's environment: at most ${LIMITS.envBytes} bytes, and no STOUT_* or LAGER_*.`,
  })

const secretValue = plainText().refine(
  (value) => bytes(value) >= LIMITS.secretMinBytes,
  `must be at least ${LIMITS.secretMinBytes} bytes: a shorter one cannot be masked in the log`,
)

const secrets = z
  .record(variableName, secretValue)
  .refine((all) => Object.keys(all).length <= LIMITS.secrets, `must be at most ${LIMITS.secrets}`)
  .refine(fitsEnv, TOO_MUCH_ENV)
  .meta({
    description: `Go into the script's environment as env does, are masked in its log, and are forgotten at its end. Each of at least ${LIMITS.secretMinBytes} bytes.`,
    maxProperties: LIMITS.secrets,
  })

/** A path below the job's directory: relative, with `/`, and nothing that could lead out. */
const isInside = (path: string) =>
  !path.startsWith('/') && !path.includes('\\') && path.split('/').every((part) => !['', '.', '..'].includes(part))

const artifacts = z
  .strictObject({
    globs: z
      .array(
        plainText()
          .min(1, 'must not be empty')
          .max(LIMITS.globCharacters, `must be at most ${LIMITS.globCharacters} characters`)
          .refine(isInside, 'must be a relative path with / and without . or ..'),
      )
      .max(LIMITS.globs, `must be at most ${LIMITS.globs}`)
      .meta({
        description: 'Patterns below the directory of the job: `*`, `?`, `[…]` within a folder, `**` across folders.',
      })
      .default([]),
    lagerOutput: z
      .boolean()
      .meta({ description: "Keep what the script left in Lager's own output folders, too." })
      .default(false),
  })
  .meta({ description: 'What is kept beside the files in $STOUT_ARTIFACTS.' })

const labels = z
  .record(
    z.string().regex(/^[A-Za-z0-9_.-]{1,63}$/, 'must be 1 to 63 of letters, digits, _, . and -'),
    plainText().max(200, 'must be at most 200 characters'),
  )
  .refine((all) => Object.keys(all).length <= LIMITS.labels, `must be at most ${LIMITS.labels}`)
  .meta({ description: 'Jobs are found by them.', maxProperties: LIMITS.labels })

const name = plainText().min(1, 'must not be empty').max(200, 'must be at most 200 characters')
export const targetSchema = z
  .union(
    [z.strictObject({ box: name }), z.strictObject({ group: name }), z.strictObject({ any: z.literal(true) })],
    'must be { "box": name }, { "group": name } or { "any": true }',
  )
  .meta({ description: 'Which boxes may run it: one, those of a group, or any.' })
export type Target = z.infer<typeof targetSchema>

/** What a box must have: all of it. */
export const requiresSchema = z
  .array(
    z
      .string()
      .refine((item) => parseRequirement(item) !== undefined, 'must read label=value, net:TYPE or net:TYPE>=COUNT'),
  )
  .max(LIMITS.requires, `must be at most ${LIMITS.requires}`)
  .meta({ description: 'What its box must have: `label=value`, `net:TYPE` or `net:TYPE>=COUNT`.' })

const fields = z.strictObject({
  name: plainText()
    .min(1, 'must not be empty')
    .max(LIMITS.nameCharacters, `must be at most ${LIMITS.nameCharacters} characters`)
    .meta({ description: 'What people know it by.' })
    .default('script'),
  // its size is checked by submitJob, which answers 413
  script: plainText()
    .min(1, 'must not be empty')
    .meta({ description: `Source of the Python script, at most ${LIMITS.scriptBytes} bytes as UTF-8.` })
    .optional(),
  bundle: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'must be the SHA-256 of an uploaded bundle, in 64 hex digits')
    .meta({ description: 'SHA-256 in hex of a zip that was uploaded before.' })
    .optional(),
  entry: plainText()
    .min(1, 'must not be empty')
    .max(LIMITS.globCharacters, `must be at most ${LIMITS.globCharacters} characters`)
    .refine(isInside, 'must be a relative path with / and without . or ..')
    .meta({ description: 'The file of the bundle that is run.' })
    .default('main.py'),
  args: z
    .array(plainText().refine((arg) => bytes(arg) <= LIMITS.argBytes, `must be at most ${LIMITS.argBytes} bytes`))
    .max(LIMITS.args, `must be at most ${LIMITS.args}`)
    .meta({ description: `Arguments of the script, each of at most ${LIMITS.argBytes} bytes.` })
    .default([]),
  env: env.default({}),
  secrets: secrets.default({}),
  artifacts: artifacts.default({ globs: [], lagerOutput: false }),
  labels: labels.default({}),
  target: targetSchema.default({ any: true }),
  requires: requiresSchema.default([]),
  timeoutSeconds: timeoutSecondsSchema.default(LIMITS.timeoutSeconds.default),
  queueTimeoutSeconds: seconds(LIMITS.queueTimeoutSeconds, 'How long it waits for a box.'),
  graceSeconds: seconds(LIMITS.graceSeconds, 'What the script has to end by itself, from SIGTERM to SIGKILL.'),
  noOutputTimeoutSeconds: wholeSeconds(LIMITS.noOutputTimeoutSeconds)
    .nullable()
    .meta({ description: 'The script is ended when it prints nothing for so long; null: it may be silent.' })
    .default(LIMITS.noOutputTimeoutSeconds.default),
})

/** A job as it is submitted by REST, tRPC and the browser's form. Only `script`, or else `bundle`, is required. */
export const submissionSchema = fields.check(({ value, issues }) => {
  const wrong = (path: string, message: string) => issues.push({ code: 'custom', path: [path], message, input: value })
  if ((value.script === undefined) === (value.bundle === undefined)) wrong('script', 'give either script or bundle')
  if (value.script !== undefined && value.entry !== 'main.py') wrong('entry', 'is for bundles only')
  for (const name of Object.keys(value.secrets)) if (name in value.env) wrong('secrets', `${name} stands in env too`)
})
export type Submission = z.infer<typeof submissionSchema>

/** What a job was submitted as, without the values of its secrets. */
export const submittedSchema = fields
  .omit({ secrets: true })
  .extend({ secretNames: z.array(z.string()) })
  .meta({ id: 'Submission' })
export type Submitted = z.infer<typeof submittedSchema>

type Shape = typeof fields.shape
type Bare<T> = T extends z.ZodDefault<infer Inner> ? Inner : T
const bare = (field: z.ZodType) => (field instanceof z.ZodDefault ? field.unwrap() : field)
const optional = Object.fromEntries(
  Object.entries(fields.shape).map(([key, field]) => [key, z.optional(bare(field))]),
) as { [K in keyof Shape]: z.ZodOptional<Bare<Shape[K]>> }

/**
 * What may be another way when a job is run again: any field of a submission, which then takes the place of the job's own as a whole.
 * Secrets were forgotten at its end, so each is given anew, or dropped by null.
 */
export const changesSchema = z.strictObject({
  ...optional,
  secrets: z
    .record(variableName, secretValue.nullable())
    .meta({
      description: 'A value for each name that the job has; null: run without it.',
      maxProperties: LIMITS.secrets,
    })
    .optional(),
})
export type Changes = z.infer<typeof changesSchema>
